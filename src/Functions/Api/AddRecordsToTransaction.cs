using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Serverless.Core.Topics;
using Serverless.Core.Transactions;
using Serverless.Functions.Http;
using Serverless.Functions.Http.Produce;
using Serverless.Functions.Http.Transactions;

namespace Serverless.Functions.Api;

/// <summary>Appends records to a topic as part of a transaction.</summary>
public sealed class AddRecordsToTransaction(HttpEdge edge, ITopicCatalog topics, ITransactions transactions)
{
    [Function("AddRecordsToTransaction")]
    public Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = "transactions/{id}/instances/{instance}/topics/{topic}")]
        HttpRequest request, string id, string instance, string topic) =>
        edge.ServeAsync(request, Steps.Produce, async call =>
        {
            using var body = await call.ReadBodyAsync();
            var records = ProduceRequestV2.Parse(body, call.RecordsType(), pathPartition: null, call.Limits);
            var step = Steps.Of(call, id, instance);
            var found = await topics.WritableAsync(topic, call.CancellationToken);
            var outcomes = (await transactions.ProduceAsync(step, found, records, key: null, call.CancellationToken)).OrThrow();
            return ProduceReply.V2(call.ReplyType, outcomes);
        });
}
