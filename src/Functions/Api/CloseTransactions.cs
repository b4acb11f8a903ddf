using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Serverless.Core.Access;
using Serverless.Core.Transactions;
using Serverless.Functions.Access;
using Serverless.Functions.Http;

namespace Serverless.Functions.Api;

/// <summary>Ends an instance of a transactional id; what it has open is aborted.</summary>
public sealed class CloseTransactions(HttpEdge edge, ITransactions transactions)
{
    [Function("CloseTransactions")]
    public Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "delete", Route = "transactions/{id}/instances/{instance}")]
        HttpRequest request, string id, string instance) =>
        edge.ServeAsync(request, Operation.V2Read, Need.TransactionalId(id, AclOperation.Write), async call =>
        {
            (await transactions.CloseAsync(
                RequestNames.TransactionalId(id), RequestNames.Instance(instance), call.CancellationToken)).OrThrow();
            return Reply.NoContent;
        });
}
