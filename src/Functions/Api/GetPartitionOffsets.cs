using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Serverless.Core.Access;
using Serverless.Core.Groups;
using Serverless.Core.Log;
using Serverless.Core.Topics;
using Serverless.Functions.Access;
using Serverless.Functions.Http;

namespace Serverless.Functions.Api;

/// <summary>Where a partition begins and ends; the end is the next record's offset.</summary>
public sealed class GetPartitionOffsets(HttpEdge edge, ITopicCatalog topics, IPartitionLogs logs)
{
    [Function("GetPartitionOffsets")]
    public Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "topics/{topic}/partitions/{partition}/offsets")]
        HttpRequest request, string topic, string partition) =>
        edge.ServeAsync(
            request, Operation.V2Read with { QueryNames = ["isolation_level"], Partition = partition },
            Need.Topic(topic, AclOperation.Describe), async call =>
        {
            var isolation = Isolation.Of(call.Query);
            var number = call.Partition;
            var found = await topics.WithPartitionAsync(await topics.TopicAsync(topic, call.CancellationToken), number, call.CancellationToken);
            var offsets = await logs.OffsetsAsync(found, number, call.CancellationToken);
            return call.Json(json =>
            {
                json.WriteStartObject();
                json.WriteNumber("beginning_offset"u8, offsets.LogStartOffset);
                json.WriteNumber("end_offset"u8, offsets.LogEndOffset);
                if (isolation == IsolationLevel.ReadCommitted)
                {
                    json.WriteNumber("last_stable_offset"u8, offsets.LastStableOffset);
                }

                json.WriteEndObject();
            });
        });
}
