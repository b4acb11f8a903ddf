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
            var page = await transactions.ListAsync(asked.After, asked.ItemsMax, call.CancellationToken);
            var next = page is { More: true, Transactions: [.., var last] }
                ? links.TransactionsAfter(last.TransactionalId, asked.ItemsMax)
                : null;
            return call.Json(json => V3Writer.List(
                json, "KafkaTransactionList", links.Transactions, page.Transactions.Where(MaySee),
                (item, transaction) => TransactionWriter.Transaction(item, links, transaction.VisibleTo(call.Caller)), next));

            bool MaySee(TransactionDescription one) =>
                call.Caller.May(AclResourceType.TransactionalId, one.TransactionalId, AclOperation.Describe);
        });
}
