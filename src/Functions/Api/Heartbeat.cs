using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Serverless.Core.Access;
using Serverless.Core.Groups;
using Serverless.Functions.Access;
using Serverless.Functions.Http;
using Serverless.Functions.Http.Consumers;

namespace Serverless.Functions.Api;

/// <summary>Keeps an instance alive without a poll, and tells what it has.</summary>
public sealed class Heartbeat(HttpEdge edge, IConsumerGroups groups)
{
    [Function("Heartbeat")]
    public Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "consumers/{group}/instances/{instance}/heartbeat")]
        HttpRequest request, string group, string instance) =>
        edge.ServeAsync(request, Operation.V2Read, Need.Group(group, AclOperation.Read), async call =>
        {
            var beat = (await groups.HeartbeatAsync(RequestNames.Group(group), RequestNames.Instance(instance), call.CancellationToken)).OrThrow();
            return call.Json(json =>
            {
                json.WriteStartObject();
                json.WriteNumber("generation"u8, beat.Generation);
                PartitionsWriter.Partitions(json, "partitions"u8, beat.Partitions.VisibleTo(call.Caller));
                json.WriteString("expires_at"u8, Timestamps.Format(beat.ExpiresAt));
                json.WriteEndObject();
            });
        });
}
