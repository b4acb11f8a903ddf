using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Serverless.Core.Access;
using Serverless.Core.Topics;
using Serverless.Functions.Access;
using Serverless.Functions.Http;
using Serverless.Functions.Http.V3;

namespace Serverless.Functions.Api;

/// <summary>The partitions of a topic.</summary>
public sealed class V3ListPartitions(HttpEdge edge, ITopicCatalog topics)
{
    [Function("V3ListPartitions")]
    public Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "v3/clusters/{cluster}/topics/{topic}/partitions")]
        HttpRequest request, string cluster, string topic) =>
        edge.ServeAsync(request, Operation.V3Read, Need.Topic(topic, AclOperation.Describe), async call =>
        {
            var links = Links.Of(call, cluster);
            var found = await topics.TopicAsync(topic, call.CancellationToken);
            return call.Json(json => V3Writer.List(
                json, "KafkaPartitionList", $"{links.Topic(found.Name)}/partitions", Enumerable.Range(0, found.Partitions),
                (item, partition) => TopicWriter.Partition(item, links, found.Name, partition)));
        });
}
