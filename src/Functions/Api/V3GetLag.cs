using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Serverless.Core;
using Serverless.Core.Access;
using Serverless.Core.Groups;
using Serverless.Functions.Access;
using Serverless.Functions.Http;
using Serverless.Functions.Http.V3;

namespace Serverless.Functions.Api;

/// <summary>How far a group is behind in one partition.</summary>
public sealed class V3GetLag(HttpEdge edge, IConsumerGroups groups)
{
    [Function("V3GetLag")]
    public Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "v3/clusters/{cluster}/consumer-groups/{group}/lags/{topic}/partitions/{partition}")]
        HttpRequest request, string cluster, string group, string topic, string partition) =>
        edge.ServeAsync(
            request, Operation.V3Read with { Partition = partition },
            Need.Group(group, AclOperation.Describe).And(Need.Topic(topic, AclOperation.Describe)), async call =>
        {
            var number = call.Partition;
            var links = Links.Of(call, cluster);
            var name = RequestNames.Group(group);
            var lags = await GroupLags.OfAsync(groups, name, call.Caller, call.CancellationToken);
            var lag = lags.Find(new TopicPartition(topic, number));
            return call.Json(json => GroupWriter.Lag(json, links, name, lag, lags.GroupInstanceId(lag.Owner)));
        });
}
