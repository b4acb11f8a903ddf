using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Serverless.Core.Access;
using Serverless.Core.Transactions;
using Serverless.Functions.Access;
using Serverless.Functions.Http;
using Serverless.Functions.Http.V3;

namespace Serverless.Functions.Api;

/// <summary>A transactional id, whoever has it.</summary>
public sealed class V3GetTransaction(HttpEdge edge, ITransactions transactions)
{
    [Function("V3GetTransaction")]
    public Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "v3/clusters/{cluster}/transactions/{id}")]
        HttpRequest request, string cluster, string id) =>
        edge.ServeAsync(request, Operation.V3Read, Need.TransactionalId(id, AclOperation.Describe), async call =>
        {
            var links = Links.Of(call, cluster);
            var found = await transactions.FindAsync(RequestNames.AnyTransactionalId(id), call.CancellationToken)
                ?? throw new RequestException(TransactionWriter.NotFound);
            return call.Json(json => TransactionWriter.Transaction(json, links, found.VisibleTo(call.Caller)));
        });
}
