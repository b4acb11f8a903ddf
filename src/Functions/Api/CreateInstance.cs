using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Serverless.Core.Access;
using Serverless.Core.Groups;
using Serverless.Functions.Access;
using Serverless.Functions.Http;
using Serverless.Functions.Http.Consumers;

namespace Serverless.Functions.Api;

/// <summary>A new consumer instance of a group.</summary>
public sealed class CreateInstance(HttpEdge edge, KeyGate gate, IConsumerGroups groups)
{
    [Function("CreateInstance")]
    public Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "consumers/{group}")]
        HttpRequest request, string group) =>
        edge.ServeAsync(request, Operation.V2Create, Need.Group(group, AclOperation.Read), async call =>
        {
            using var body = await call.ReadBodyAsync();
            var keyed = call.Keyed(body);
            var create = InstanceRequest.Parse(body, call.Limits);
            var name = RequestNames.Group(group);
            return await gate.OnceAsync(call, keyed, async requestId =>
            {
                var instance = create.Name ?? $"rest-consumer-{Guid.ParseExact(requestId, "N"):D}";
                (await groups.CreateInstanceAsync(name, instance, create.Settings, create.Replace, requestId, call.CancellationToken)).OrThrow();
                return call.Json(json =>
                {
                    json.WriteStartObject();
                    json.WriteString("instance_id"u8, instance);
                    json.WriteString("base_uri"u8, $"{call.BaseUrl}/consumers/{Uri.EscapeDataString(name)}/instances/{Uri.EscapeDataString(instance)}");
                    json.WriteEndObject();
                });
            });
        });
}
