using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Serverless.Core;
using Serverless.Core.Groups;
using Serverless.Functions.Http;
using Serverless.Functions.Http.Consumers;

namespace Serverless.Functions.Api;

/// <summary>A new consumer instance of a group.</summary>
public sealed class CreateInstance(HttpEdge edge, IConsumerGroups groups, IIdSource ids)
{
    [Function("CreateInstance")]
    public Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = "consumers/{group}")]
        HttpRequest request, string group) =>
        edge.ServeAsync(request, Operation.V2Write, async call =>
        {
            using var body = await call.ReadBodyAsync();
            var created = InstanceRequest.Parse(body, call.Limits, ids);
            var name = RequestNames.Group(group);
            (await groups.CreateInstanceAsync(name, created.Name, created.Settings, created.Replace, call.CancellationToken)).OrThrow();
            return call.Json(json =>
            {
                json.WriteStartObject();
                json.WriteString("instance_id"u8, created.Name);
                json.WriteString("base_uri"u8, $"{call.BaseUrl}/consumers/{Uri.EscapeDataString(name)}/instances/{Uri.EscapeDataString(created.Name)}");
                json.WriteEndObject();
            });
        });
}
