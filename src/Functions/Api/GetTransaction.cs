using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Serverless.Core.Access;
using Serverless.Core.Transactions;
using Serverless.Functions.Access;
using Serverless.Functions.Http;
using Serverless.Functions.Http.Transactions;

namespace Serverless.Functions.Api;

/// <summary>The state of an instance, and of its transaction.</summary>
public sealed class GetTransaction(HttpEdge edge, ITransactions transactions)
{
    [Function("GetTransaction")]
    public Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "transactions/{id}/instances/{instance}")]
        HttpRequest request, string id, string instance) =>
        edge.ServeAsync(request, Operation.V2Read, Need.TransactionalId(id, AclOperation.Describe), async call =>
        {
            var found = (await transactions.DescribeAsync(
                RequestNames.TransactionalId(id), RequestNames.Instance(instance), call.CancellationToken)).OrThrow();
            return call.Json(json =>
            {
                json.WriteStartObject();
                StateWriter.Write(json, found.VisibleTo(call.Caller));
                json.WriteEndObject();
            });
        });
}
