using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Serverless.Core.Topics;
using Serverless.Functions.Access;
using Serverless.Functions.Http;

namespace Serverless.Functions.Api;

/// <summary>Whether requests can be served: storage is asked, so that an instance without it is not sent any.</summary>
public sealed class Ready(HttpEdge edge, ITopicCatalog topics)
{
    [Function("Ready")]
    public Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "ready")]
        HttpRequest request) =>
        edge.ServeAsync(request, Operation.V2Read with { IsUnmetered = true }, Need.Nothing, async call =>
        {
            await topics.ListAsync(call.CancellationToken);
            return new Reply();
        });
}
