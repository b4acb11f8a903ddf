using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Serverless.Core.Access;
using Serverless.Core.Transactions;
using Serverless.Functions.Access;
using Serverless.Functions.Http;
using Serverless.Functions.Http.V3;

namespace Serverless.Functions.Api;

/// <summary>Aborts what a transactional id has open, whoever has it open: for one that nobody else will end (KIP-664).</summary>
public sealed class V3AbortTransaction(HttpEdge edge, ITransactions transactions)
{
    [Function("V3AbortTransaction")]
    public Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "v3/clusters/{cluster}/transactions/{id}/abort")]
        HttpRequest request, string cluster, string id) =>
        edge.ServeAsync(
            request, Operation.V3Read, Need.TransactionalId(id, AclOperation.Write).Or(Need.Cluster(AclOperation.Alter)), async call =>
        {
            Links.Of(call, cluster);
            var name = RequestNames.AnyTransactionalId(id);
            (await transactions.AbortAsync(name, call.CancellationToken)).OrThrow();
            call.Audit.TransactionAborted(name);
            return Reply.NoContent;
        });
}
