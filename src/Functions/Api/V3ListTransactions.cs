using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Serverless.Core.Access;
using Serverless.Core.Transactions;
using Serverless.Functions.Access;
using Serverless.Functions.Http;
using Serverless.Functions.Http.V3;

namespace Serverless.Functions.Api;

/// <summary>Transactional ids, a page at a time.</summary>
public sealed class V3ListTransactions(HttpEdge edge, ITransactions transactions)
{
    [Function("V3ListTransactions")]
    public Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "v3/clusters/{cluster}/transactions")]
        HttpRequest request, string cluster) =>
        edge.ServeAsync(
            request, Operation.V3Read with { QueryNames = [PageRequest.Size, PageRequest.Token] }, Need.Authenticated, async call =>
        {
            var links = Links.Of(call, cluster);
            var asked = PageRequest.Of(call.Query);
            var page = await VisiblePage<TransactionDescription>.ReadAsync(asked, ReadAsync, one => one.TransactionalId, MaySee);
            var next = page.More ? links.TransactionsAfter(page.Shown[^1].TransactionalId, asked.ItemsMax) : null;
            return call.Json(json => V3Writer.List(
                json, "KafkaTransactionList", links.Transactions, page.Shown,
                (item, transaction) => TransactionWriter.Transaction(item, links, transaction.VisibleTo(call.Caller)), next));

            async ValueTask<(IReadOnlyList<TransactionDescription>, bool)> ReadAsync(string? after, int most)
            {
                var read = await transactions.ListAsync(after, most, call.CancellationToken);
                return (read.Transactions, read.More);
            }

            bool MaySee(TransactionDescription one) =>
                call.Caller.May(AclResourceType.TransactionalId, one.TransactionalId, AclOperation.Describe);
        });
}
