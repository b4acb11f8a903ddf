using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Serverless.Core.Access;
using Serverless.Core.Topics;
using Serverless.Functions.Access;
using Serverless.Functions.Http;
using Serverless.Functions.Http.V3;

namespace Serverless.Functions.Api;

/// <summary>Creates a topic, or says whether it could be.</summary>
public sealed class V3CreateTopic(HttpEdge edge, KeyGate gate, ITopicCatalog topics)
{
    [Function("V3CreateTopic")]
    public Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "v3/clusters/{cluster}/topics")]
        HttpRequest request, string cluster) =>
        edge.ServeAsync(request, Operation.V3Create, Need.Authenticated, async call =>
        {
            using var body = await call.ReadBodyAsync();
            var keyed = call.Keyed(body);
            var create = TopicRequest.ParseCreate(body, call.Limits);
            call.Demand(Need.Topic(create.Name, AclOperation.Create).Or(Need.Cluster(AclOperation.Create)));
            var links = Links.Of(call, cluster);
            return await gate.OnceAsync(call, keyed, async requestId =>
            {
                var topic = (await topics.CreateAsync(create.Name, create.Partitions, create.Configs, create.ValidateOnly, requestId, call.CancellationToken)).OrThrow();
                if (!create.ValidateOnly)
                {
                    call.Audit.TopicCreated(topic.Name, topic.Partitions);
                }

                var status = create.ValidateOnly ? StatusCodes.Status200OK : StatusCodes.Status201Created;
                var reply = call.Json(json => TopicWriter.Topic(json, links, topic), status);
                return create.ValidateOnly ? reply : reply.With("Location", links.Topic(topic.Name));
            });
        });
}
