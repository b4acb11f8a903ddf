using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Serverless.Core.Access;
using Serverless.Core.Groups;
using Serverless.Functions.Access;
using Serverless.Functions.Http;
using Serverless.Functions.Http.V3;

namespace Serverless.Functions.Api;

/// <summary>How far a group is behind: in all, and where it is worst.</summary>
public sealed class V3GetLagSummary(HttpEdge edge, IConsumerGroups groups)
{
    [Function("V3GetLagSummary")]
    public Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "v3/clusters/{cluster}/consumer-groups/{group}/lag-summary")]
        HttpRequest request, string cluster, string group) =>
        edge.ServeAsync(request, Operation.V3Read, Need.Group(group, AclOperation.Describe), async call =>
        {
            var links = Links.Of(call, cluster);
            var name = RequestNames.Group(group);
            var lags = await GroupLags.OfAsync(groups, name, call.Caller, call.CancellationToken);
            return call.Json(json => GroupWriter.LagSummary(json, links, name, lags));
        });
}
