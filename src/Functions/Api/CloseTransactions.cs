using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Serverless.Core.Transactions;
using Serverless.Functions.Http;

namespace Serverless.Functions.Api;

/// <summary>Ends an instance of a transactional id; what it has open is aborted.</summary>
public sealed class CloseTransactions(HttpEdge edge, ITransactions transactions)
{
    [Function("CloseTransactions")]
    public Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Function, "delete", Route = "transactions/{id}/instances/{instance}")]
        HttpRequest request, string id, string instance) =>
        edge.ServeAsync(request, Operation.V2Read, async call =>
        {
            (await transactions.CloseAsync(
                RequestNames.TransactionalId(id), RequestNames.Instance(instance), call.CancellationToken)).OrThrow();
            return Reply.NoContent;
        });
}
