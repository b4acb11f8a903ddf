using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Serverless.Core.Log;
using Serverless.Core.Topics;
using Serverless.Functions.Http;
using Serverless.Functions.Http.Produce;

namespace Serverless.Functions.Api;

/// <summary>Appends records to one partition.</summary>
public sealed class ProduceToPartition(HttpEdge edge, ITopicCatalog topics, Producer producer)
{
    [Function("ProduceToPartition")]
    public Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = "topics/{topic}/partitions/{partition}")]
        HttpRequest request, string topic, string partition) =>
        edge.ServeAsync(request, Operation.V2Produce with { Partition = partition }, async call =>
        {
            var number = call.Partition;
            using var body = await call.ReadBodyAsync();
            var records = ProduceRequestV2.Parse(body, call.RecordsType(), number, call.Limits);
            var found = await topics.WithPartitionAsync(await topics.TopicAsync(topic, call.CancellationToken), number, call.CancellationToken);
            return ProduceReply.V2(call.ReplyType, await producer.ProduceAsync(found, records, call.CancellationToken));
        });
}
