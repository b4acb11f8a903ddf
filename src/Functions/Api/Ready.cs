using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Serverless.Functions.Access;
using Serverless.Functions.Health;
using Serverless.Functions.Http;

namespace Serverless.Functions.Api;

/// <summary><see cref="HealthReady"/> by the path that the Strimzi bridge has for it, and with no body.</summary>
public sealed class Ready(HttpEdge edge, StorageHealth health)
{
    [Function("Ready")]
    public Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "ready")]
        HttpRequest request) =>
        edge.ServeAsync(request, Operation.V2Read with { IsUnmetered = true }, Need.Nothing, async call =>
        {
            await Readiness.RequireAsync(health, call.CancellationToken);
            return new Reply();
        });
}
