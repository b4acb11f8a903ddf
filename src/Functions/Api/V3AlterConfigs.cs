using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Serverless.Core.Access;
using Serverless.Core.Topics;
using Serverless.Functions.Access;
using Serverless.Functions.Http;
using Serverless.Functions.Http.V3;

namespace Serverless.Functions.Api;

/// <summary>Changes several settings of a topic, all or none.</summary>
public sealed class V3AlterConfigs(HttpEdge edge, ITopicCatalog topics)
{
    [Function("V3AlterConfigs")]
    public Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "v3/clusters/{cluster}/topics/{topic}/configs:alter")]
        HttpRequest request, string cluster, string topic) =>
        edge.ServeAsync(request, Operation.V3Write, Need.Topic(topic, AclOperation.AlterConfigs), async call =>
        {
            using var body = await call.ReadBodyAsync();
            var (changes, validateOnly) = TopicRequest.ParseAlter(body, call.Limits);
            Links.Of(call, cluster);
            var found = await topics.TopicAsync(topic, call.CancellationToken);
            (await topics.AlterSettingsAsync(found.Name, changes, validateOnly, call.CancellationToken)).OrThrow();
            if (!validateOnly)
            {
                call.Audit.ConfigsAltered(found.Name, changes.Keys);
            }

            return Reply.NoContent;
        });
}
