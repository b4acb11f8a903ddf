using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Serverless.Functions.Access;
using Serverless.Functions.Health;
using Serverless.Functions.Http;

namespace Serverless.Functions.Api;

/// <summary>Whether requests can be served: 503 with what is missing, where storage cannot be reached.</summary>
public sealed class HealthReady(HttpEdge edge, StorageHealth health)
{
    [Function("HealthReady")]
    public Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "health/ready")]
        HttpRequest request) =>
        edge.ServeAsync(request, Operation.V2Read with { IsUnmetered = true }, Need.Nothing, async call =>
        {
            await Readiness.RequireAsync(health, call.CancellationToken);
            return Readiness.Reply("ready");
        });
}
