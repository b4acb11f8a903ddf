using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Serverless.Core.Access;
using Serverless.Core.Transactions;
using Serverless.Functions.Access;
using Serverless.Functions.Http;
using Serverless.Functions.Http.Transactions;

namespace Serverless.Functions.Api;

/// <summary>Commits a transaction: its records are read and its offsets count, all of them or none. Again, it is the same answer.</summary>
public sealed class CommitTransaction(HttpEdge edge, ITransactions transactions)
{
    [Function("CommitTransaction")]
    public Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "transactions/{id}/instances/{instance}/commit")]
        HttpRequest request, string id, string instance) =>
        edge.ServeAsync(
            request, Steps.Operation, Need.TransactionalId(id, AclOperation.Write),
            call => Steps.EndAsync(call, transactions, id, instance, commit: true));
}
