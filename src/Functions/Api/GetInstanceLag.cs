using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Serverless.Core.Access;
using Serverless.Core.Groups;
using Serverless.Functions.Access;
using Serverless.Functions.Http;
using Serverless.Functions.Http.Consumers;

namespace Serverless.Functions.Api;

/// <summary>How far an instance is behind, in records.</summary>
public sealed class GetInstanceLag(HttpEdge edge, IConsumerGroups groups)
{
    [Function("GetInstanceLag")]
    public Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "consumers/{group}/instances/{instance}/lag")]
        HttpRequest request, string group, string instance) =>
        edge.ServeAsync(request, Operation.V2Read, Need.Group(group, AclOperation.Read), async call =>
        {
            var lags = (await groups.InstanceLagAsync(RequestNames.Group(group), RequestNames.Instance(instance), call.CancellationToken)).OrThrow();
            return call.Json(json => PartitionsWriter.Lag(json, lags.VisibleTo(call.Caller)));
        });
}
