using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Serverless.Core.Access;
using Serverless.Core.Topics;
using Serverless.Core.Transactions;
using Serverless.Functions.Access;
using Serverless.Functions.Http;
using Serverless.Functions.Http.Transactions;

namespace Serverless.Functions.Api;

/// <summary>Adds committed offsets of a group: they count when the transaction commits.</summary>
public sealed class AddOffsetsToTransaction(HttpEdge edge, ITopicCatalog topics, ITransactions transactions)
{
    [Function("AddOffsetsToTransaction")]
    public Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "transactions/{id}/instances/{instance}/offsets")]
        HttpRequest request, string id, string instance) =>
        edge.ServeAsync(request, Steps.Operation, Need.TransactionalId(id, AclOperation.Write), async call =>
        {
            using var body = await call.ReadBodyAsync();
            var (group, consumer, offsets) = GroupOffsets.Parse(body, call.Limits.ListEntriesMax);
            call.Demand(Need.Group(group, AclOperation.Read).And(Need.Topics(offsets.Select(offset => offset.At.Topic), AclOperation.Read)));
            var step = Steps.Of(call, id, instance);
            var answer = await transactions.AddOffsetsAsync(step, group, consumer, offsets, call.CancellationToken);
            (await answer.NamingUnknownAsync(topics, offsets.Select(offset => offset.At), call.CancellationToken)).OrThrow();
            return Reply.NoContent;
        });
}
