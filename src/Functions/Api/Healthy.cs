using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Serverless.Functions.Access;
using Serverless.Functions.Http;

namespace Serverless.Functions.Api;

/// <summary><see cref="HealthLive"/> by the path that the Strimzi bridge has for it, and with no body.</summary>
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
