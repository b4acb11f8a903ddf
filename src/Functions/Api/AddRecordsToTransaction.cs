using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Serverless.Core.Access;
using Serverless.Functions.Access;
using Serverless.Functions.Http;
using Serverless.Functions.Http.Produce;
using Serverless.Functions.Http.Transactions;

namespace Serverless.Functions.Api;

/// <summary>Appends records to a topic as part of a transaction.</summary>
public sealed class AddRecordsToTransaction(HttpEdge edge, AddingRecords adding)
{
    [Function("AddRecordsToTransaction")]
    public Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "transactions/{id}/instances/{instance}/topics/{topic}")]
        HttpRequest request, string id, string instance, string topic) =>
        edge.ServeAsync(
            request, Steps.Produce, Need.TransactionalId(id, AclOperation.Write).And(Need.Topic(topic, AclOperation.Write)), async call =>
        {
            using var body = await call.ReadBodyAsync();
            var keyed = call.Keyed(body);
            var records = ProduceRequestV2.Parse(body, call.RecordsType(), pathPartition: null, call.Limits);
            var step = Steps.Of(call, id, instance);
            return await adding.ServeAsync(call, keyed, step, topic, partition: null, records);
        });
}
