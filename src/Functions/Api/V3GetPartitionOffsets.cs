using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Serverless.Core.Access;
using Serverless.Core.Log;
using Serverless.Core.Topics;
using Serverless.Functions.Access;
using Serverless.Functions.Http;
using Serverless.Functions.Http.V3;

namespace Serverless.Functions.Api;

/// <summary>Where a partition begins and ends.</summary>
public sealed class V3GetPartitionOffsets(HttpEdge edge, ITopicCatalog topics, IPartitionLogs logs)
{
    [Function("V3GetPartitionOffsets")]
    public Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "v3/clusters/{cluster}/topics/{topic}/partitions/{partition}/offset")]
        HttpRequest request, string cluster, string topic, string partition) =>
        edge.ServeAsync(
            request, Operation.V3Read with { QueryNames = ["offset_type"], Partition = partition },
            Need.Topic(topic, AclOperation.Describe), async call =>
        {
            if (call.Query.Text("offset_type") is not (null or "earliest_and_latest"))
            {
                throw Query.Bad("Query parameter offset_type must be earliest_and_latest.");
            }

            var links = Links.Of(call, cluster);
            var number = call.Partition;
            var found = await topics.WithPartitionAsync(await topics.TopicAsync(topic, call.CancellationToken), number, call.CancellationToken);
            var offsets = await logs.OffsetsAsync(found, number, call.CancellationToken);
            return call.Json(json => TopicWriter.PartitionOffsets(json, links, found.Name, number, offsets));
        });
}
