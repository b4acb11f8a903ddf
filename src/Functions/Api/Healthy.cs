using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Serverless.Functions.Access;
using Serverless.Functions.Http;

namespace Serverless.Functions.Api;

/// <summary>Whether the process answers.</summary>
public sealed class Healthy(HttpEdge edge)
{
    [Function("Healthy")]
    public Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "healthy")]
        HttpRequest request) =>
        edge.ServeAsync(request, Operation.V2Read with { IsUnmetered = true }, Need.Nothing, call =>
        {
            return ValueTask.FromResult(new Reply());
        });
}
