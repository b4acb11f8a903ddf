using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Serverless.Core.Access;
using Serverless.Core.Groups;
using Serverless.Functions.Access;
using Serverless.Functions.Http;
using Serverless.Functions.Http.Consumers;

namespace Serverless.Functions.Api;

/// <summary>The partitions that an instance has: its own choice, or what the group gave it.</summary>
public sealed class GetAssignment(HttpEdge edge, IConsumerGroups groups)
{
    [Function("GetAssignment")]
    public Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "consumers/{group}/instances/{instance}/assignments")]
        HttpRequest request, string group, string instance) =>
        edge.ServeAsync(request, Operation.V2Read, Need.Group(group, AclOperation.Read), async call =>
        {
            var assigned = (await groups.AssignmentAsync(RequestNames.Group(group), RequestNames.Instance(instance), call.CancellationToken)).OrThrow();
            return call.Json(json =>
            {
                json.WriteStartObject();
                PartitionsWriter.Partitions(json, "partitions"u8, assigned.VisibleTo(call.Caller));
                json.WriteEndObject();
            });
        });
}
