using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Serverless.Core.Transactions;
using Serverless.Functions.Access;
using Serverless.Functions.Http;

namespace Serverless.Functions.Api;

/// <summary>Forgets a producer id; whoever still produces with it is told so, some minutes later at the latest.</summary>
public sealed class DeleteProducer(HttpEdge edge, IProducerIds producers)
{
    [Function("DeleteProducer")]
    public Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "delete", Route = "producers/{id}")]
        HttpRequest request, string id) =>
        edge.ServeAsync(request, Operation.V2Read, Need.Authenticated, async call =>
            Integers.TryParse(id, out var producerId) && await producers.DeleteAsync(producerId, call.Caller.Id, call.CancellationToken)
                ? Reply.NoContent
                : throw new RequestException(Problem.ProducerNotFound));
}
