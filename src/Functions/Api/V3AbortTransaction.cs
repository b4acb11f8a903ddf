using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Serverless.Core.Transactions;
using Serverless.Functions.Http;
using Serverless.Functions.Http.V3;

namespace Serverless.Functions.Api;

/// <summary>Aborts what a transactional id has open, whoever has it open: for one that nobody else will end (KIP-664).</summary>
public sealed class V3AbortTransaction(HttpEdge edge, ITransactions transactions)
{
    [Function("V3AbortTransaction")]
    public Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = "v3/clusters/{cluster}/transactions/{id}/abort")]
        HttpRequest request, string cluster, string id) =>
        edge.ServeAsync(request, Operation.V3Read, async call =>
        {
            Links.Of(call, cluster);
            (await transactions.AbortAsync(RequestNames.AnyTransactionalId(id), call.CancellationToken)).OrThrow();
            return Reply.NoContent;
        });
}
