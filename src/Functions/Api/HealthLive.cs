using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Serverless.Functions.Access;
using Serverless.Functions.Health;
using Serverless.Functions.Http;

namespace Serverless.Functions.Api;

/// <summary>Whether the process answers.</summary>
public sealed class HealthLive(HttpEdge edge)
{
    [Function("HealthLive")]
    public Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "health/live")]
        HttpRequest request) =>
        edge.ServeAsync(request, Operation.V2Read with { IsUnmetered = true }, Need.Nothing, _ => ValueTask.FromResult(Readiness.Reply("live")));
}
