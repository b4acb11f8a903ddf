using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Serverless.Core.Transactions;
using Serverless.Functions.Http;
using Serverless.Functions.Http.Transactions;

namespace Serverless.Functions.Api;

/// <summary>Commits a transaction: its records are read and its offsets count, all of them or none. Again, it is the same answer.</summary>
public sealed class CommitTransaction(HttpEdge edge, ITransactions transactions)
{
    [Function("CommitTransaction")]
    public Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = "transactions/{id}/instances/{instance}/commit")]
        HttpRequest request, string id, string instance) =>
        edge.ServeAsync(request, Steps.Operation, async call =>
        {
            var step = await Steps.BareAsync(call, id, instance);
            var ended = await transactions.EndAsync(step, commit: true, call.CancellationToken);
            ended.OrThrow();
            return Reply.NoContent.WithEpoch(ended.ProducerEpoch);
        });
}
