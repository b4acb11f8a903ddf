using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Serverless.Core.Access;
using Serverless.Core.Topics;
using Serverless.Functions.Access;
using Serverless.Functions.Http;
using Serverless.Functions.Http.V3;

namespace Serverless.Functions.Api;

/// <summary>One partition of a topic.</summary>
public sealed class V3GetPartition(HttpEdge edge, ITopicCatalog topics)
{
    [Function("V3GetPartition")]
    public Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "v3/clusters/{cluster}/topics/{topic}/partitions/{partition}")]
        HttpRequest request, string cluster, string topic, string partition) =>
        edge.ServeAsync(request, Operation.V3Read with { Partition = partition }, Need.Topic(topic, AclOperation.Describe), async call =>
        {
            var links = Links.Of(call, cluster);
            var number = call.Partition;
            var found = await topics.WithPartitionAsync(await topics.TopicAsync(topic, call.CancellationToken), number, call.CancellationToken);
            return call.Json(json => TopicWriter.Partition(json, links, found.Name, number));
        });
}
