using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Serverless.Core.Transactions;
using Serverless.Functions.Access;
using Serverless.Functions.Http;

namespace Serverless.Functions.Api;

/// <summary>A new id for an idempotent producer.</summary>
public sealed class CreateProducer(HttpEdge edge, IProducerIds producers)
{
    [Function("CreateProducer")]
    public Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "producers")]
        HttpRequest request) =>
        edge.ServeAsync(request, Operation.V2Write with { Creates = true }, Need.Authenticated, async call =>
        {
            using var body = await call.ReadBodyAsync();
            StrictJson.ExpectNothing(body);
            var id = await producers.NewAsync(call.Caller.Id, call.CancellationToken);
            return call.Json(json =>
            {
                json.WriteStartObject();
                json.WriteNumber("producer_id"u8, id);
                json.WriteNumber("producer_epoch"u8, 0);
                json.WriteString("base_uri"u8, $"{call.BaseUrl}/producers/{id}");
                json.WriteEndObject();
            });
        });
}
