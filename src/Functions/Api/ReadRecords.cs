using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Serverless.Core;
using Serverless.Core.Access;
using Serverless.Core.Log;
using Serverless.Core.Topics;
using Serverless.Functions.Access;
using Serverless.Functions.Http;

namespace Serverless.Functions.Api;

/// <summary>Records of a partition from an offset or a time on, without a consumer.</summary>
public sealed class ReadRecords(HttpEdge edge, ITopicCatalog topics, IPartitionLogs logs, DirectReader reader)
{
    [Function("ReadRecords")]
    public Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "topics/{topic}/partitions/{partition}/records")]
        HttpRequest request, string topic, string partition) =>
        edge.ServeAsync(request, DirectRead.Operation with { Partition = partition }, Need.Topic(topic, AclOperation.Read), async call =>
        {
            var number = call.Partition;
            var read = DirectRead.Of(call);
            var found = await topics.WithPartitionAsync(await topics.TopicAsync(topic, call.CancellationToken), number, call.CancellationToken);
            var offset = read.Offset ?? await DirectRead.StartAtAsync(logs, found, number, read.TimestampMs, call.CancellationToken);
            var answer = await reader.ReadAsync(found, number, offset, read.Request, call.CancellationToken);
            return read.Reply(answer, new TopicPartition(found.Name, number));
        });
}
