using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Serverless.Core.Access;
using Serverless.Functions.Access;
using Serverless.Functions.Http;
using Serverless.Functions.Http.Produce;
using Serverless.Functions.Http.Transactions;

namespace Serverless.Functions.Api;

/// <summary>Appends records to one partition as part of a transaction.</summary>
public sealed class AddRecordsToTransactionPartition(HttpEdge edge, AddingRecords adding)
{
    [Function("AddRecordsToTransactionPartition")]
    public Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "transactions/{id}/instances/{instance}/topics/{topic}/partitions/{partition}")]
        HttpRequest request, string id, string instance, string topic, string partition) =>
        edge.ServeAsync(
            request, Steps.Produce with { Partition = partition },
            Need.TransactionalId(id, AclOperation.Write).And(Need.Topic(topic, AclOperation.Write)), async call =>
        {
            var number = call.Partition;
            using var body = await call.ReadBodyAsync();
            var keyed = call.Keyed(body);
            var records = ProduceRequestV2.Parse(body, call.RecordsType(), number, call.Limits);
            var step = Steps.Of(call, id, instance);
            return await adding.ServeAsync(call, keyed, step, topic, number, records);
        });
}
