using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Serverless.Core.Groups;
using Serverless.Functions.Http;
using Serverless.Functions.Http.V3;

namespace Serverless.Functions.Api;

/// <summary>All consumer groups.</summary>
public sealed class V3ListGroups(HttpEdge edge, IConsumerGroups groups)
{
    [Function("V3ListGroups")]
    public Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Function, "get", "head", Route = "v3/clusters/{cluster}/consumer-groups")]
        HttpRequest request, string cluster) =>
        edge.ServeAsync(request, Operation.V3Read, async call =>
        {
            var links = Links.Of(call, cluster);
            var described = new List<GroupDescription>();
            foreach (var name in await groups.ListGroupsAsync(call.CancellationToken))
            {
                // A group may have gone since its name was read.
                if (await groups.DescribeAsync(name, call.CancellationToken) is { } group)
                {
                    described.Add(group);
                }
            }

            return call.Json(json => V3Writer.List(
                json, "KafkaConsumerGroupList", links.Groups, described, (item, group) => GroupWriter.Group(item, links, group)));
        });
}
