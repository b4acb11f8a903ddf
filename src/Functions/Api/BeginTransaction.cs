using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Serverless.Core.Access;
using Serverless.Core.Transactions;
using Serverless.Functions.Access;
using Serverless.Functions.Http;
using Serverless.Functions.Http.Transactions;

namespace Serverless.Functions.Api;

/// <summary>Opens a transaction; again while nothing was added, it is the same one.</summary>
public sealed class BeginTransaction(HttpEdge edge, ITransactions transactions)
{
    [Function("BeginTransaction")]
    public Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "transactions/{id}/instances/{instance}/begin")]
        HttpRequest request, string id, string instance) =>
        edge.ServeAsync(request, Steps.Operation, Need.TransactionalId(id, AclOperation.Write), async call =>
        {
            var step = await Steps.BareAsync(call, id, instance);
            var begun = (await transactions.BeginAsync(step, call.CancellationToken)).OrThrow();
            return Reply.NoContent.WithEpoch(begun.ProducerEpoch);
        });
}
