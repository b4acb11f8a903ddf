using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Serverless.Core.Access;
using Serverless.Core.Topics;
using Serverless.Functions.Access;
using Serverless.Functions.Http;

namespace Serverless.Functions.Api;

/// <summary>One partition of a topic.</summary>
public sealed class GetPartition(HttpEdge edge, ITopicCatalog topics)
{
    [Function("GetPartition")]
    public Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "topics/{topic}/partitions/{partition}")]
        HttpRequest request, string topic, string partition) =>
        edge.ServeAsync(request, Operation.V2Read with { Partition = partition }, Need.Topic(topic, AclOperation.Describe), async call =>
        {
            var number = call.Partition;
            var found = await topics.WithPartitionAsync(await topics.TopicAsync(topic, call.CancellationToken), number, call.CancellationToken);
            return call.Json(json => TopicsWriter.Partition(json, number));
        });
}
