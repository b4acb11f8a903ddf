using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Serverless.Core.Access;
using Serverless.Core.Topics;
using Serverless.Functions.Access;
using Serverless.Functions.Http;
using Serverless.Functions.Http.V3;

namespace Serverless.Functions.Api;

/// <summary>Adds partitions to a topic; they are never taken away.</summary>
public sealed class V3AddPartitions(HttpEdge edge, ITopicCatalog topics)
{
    [Function("V3AddPartitions")]
    public Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "patch", Route = "v3/clusters/{cluster}/topics/{topic}")]
        HttpRequest request, string cluster, string topic) =>
        edge.ServeAsync(request, Operation.V3Write, Need.Topic(topic, AclOperation.Alter), async call =>
        {
            using var body = await call.ReadBodyAsync();
            var count = TopicRequest.ParsePartitionsCount(body);
            var links = Links.Of(call, cluster);
            var found = await topics.TopicAsync(topic, call.CancellationToken);
            var changed = (await topics.SetPartitionsAsync(found.Name, count, call.CancellationToken)).OrThrow();
            call.Audit.PartitionsAdded(changed.Name, changed.Partitions);
            return call.Json(json => TopicWriter.Topic(json, links, changed));
        });
}
