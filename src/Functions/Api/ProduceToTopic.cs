using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Serverless.Core.Log;
using Serverless.Core.Topics;
using Serverless.Functions.Http;
using Serverless.Functions.Http.Produce;

namespace Serverless.Functions.Api;

/// <summary>Appends records to a topic; the partition is each record's choice, or its key's.</summary>
public sealed class ProduceToTopic(HttpEdge edge, ITopicCatalog topics, Producer producer)
{
    [Function("ProduceToTopic")]
    public Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = "topics/{topic}")]
        HttpRequest request, string topic) =>
        edge.ServeAsync(request, Operation.V2Produce, async call =>
        {
            using var body = await call.ReadBodyAsync();
            var records = ProduceRequestV2.Parse(body, call.RecordsType(), pathPartition: null, call.Limits);
            var found = await topics.TopicAsync(topic, call.CancellationToken);
            return ProduceReply.V2(call.ReplyType, await producer.ProduceAsync(found, records, call.CancellationToken));
        });
}
