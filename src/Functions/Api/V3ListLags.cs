using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Serverless.Core.Access;
using Serverless.Core.Groups;
using Serverless.Functions.Access;
using Serverless.Functions.Http;
using Serverless.Functions.Http.V3;

namespace Serverless.Functions.Api;

/// <summary>How far a group is behind in each partition that it has committed.</summary>
public sealed class V3ListLags(HttpEdge edge, IConsumerGroups groups)
{
    [Function("V3ListLags")]
    public Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "v3/clusters/{cluster}/consumer-groups/{group}/lags")]
        HttpRequest request, string cluster, string group) =>
        edge.ServeAsync(request, Operation.V3Read, Need.Group(group, AclOperation.Describe), async call =>
        {
            var links = Links.Of(call, cluster);
            var name = RequestNames.Group(group);
            var lags = await GroupLags.OfAsync(groups, name, call.Caller, call.CancellationToken);
            return call.Json(json => V3Writer.List(
                json, "KafkaConsumerLagList", $"{links.Group(name)}/lags", lags.Partitions,
                (item, lag) => GroupWriter.Lag(item, links, name, lag, lags.GroupInstanceId(lag.Owner))));
        });
}
