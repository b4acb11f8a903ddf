using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Serverless.Functions.Access;
using Serverless.Functions.Http;

namespace Serverless.Functions.Api;

/// <summary>The brokers: always one, of id 0.</summary>
public sealed class GetBrokers(HttpEdge edge)
{
    [Function("GetBrokers")]
    public Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "brokers")]
        HttpRequest request) =>
        edge.ServeAsync(request, Operation.V2Read, Need.Authenticated, call =>
        {
            return ValueTask.FromResult(call.Json(json =>
            {
                json.WriteStartObject();
                json.WriteStartArray("brokers"u8);
                json.WriteNumberValue(0);
                json.WriteEndArray();
                json.WriteEndObject();
            }));
        });
}
