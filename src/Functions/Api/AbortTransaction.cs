using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Serverless.Core.Access;
using Serverless.Core.Transactions;
using Serverless.Functions.Access;
using Serverless.Functions.Http;
using Serverless.Functions.Http.Transactions;

namespace Serverless.Functions.Api;

/// <summary>Aborts a transaction: nobody reads its records, and its offsets never were. Again, it is the same answer.</summary>
public sealed class AbortTransaction(HttpEdge edge, ITransactions transactions)
{
    [Function("AbortTransaction")]
    public Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "transactions/{id}/instances/{instance}/abort")]
        HttpRequest request, string id, string instance) =>
        edge.ServeAsync(
            request, Steps.Operation, Need.TransactionalId(id, AclOperation.Write),
            call => Steps.EndAsync(call, transactions, id, instance, commit: false));
}
