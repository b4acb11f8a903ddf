using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Serverless.Core.Access;
using Serverless.Core.Groups;
using Serverless.Functions.Access;
using Serverless.Functions.Http;
using Serverless.Functions.Http.Consumers;

namespace Serverless.Functions.Api;

/// <summary>The next offsets that an instance will read.</summary>
public sealed class GetPositions(HttpEdge edge, IConsumerGroups groups)
{
    [Function("GetPositions")]
    public Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "consumers/{group}/instances/{instance}/positions")]
        HttpRequest request, string group, string instance) =>
        edge.ServeAsync(request, Operation.V2Read, Need.Group(group, AclOperation.Read), async call =>
        {
            var positions = (await groups.PositionsAsync(RequestNames.Group(group), RequestNames.Instance(instance), call.CancellationToken)).OrThrow();
            return call.Json(json =>
            {
                json.WriteStartObject();
                PartitionsWriter.Positions(json, positions.VisibleTo(call.Caller));
                json.WriteEndObject();
            });
        });
}
