using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Serverless.Core.Access;
using Serverless.Core.Groups;
using Serverless.Functions.Access;
using Serverless.Functions.Http;
using Serverless.Functions.Http.V3;

namespace Serverless.Functions.Api;

/// <summary>The partitions that a member of a group has.</summary>
public sealed class V3ListAssignments(HttpEdge edge, IConsumerGroups groups)
{
    [Function("V3ListAssignments")]
    public Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "v3/clusters/{cluster}/consumer-groups/{group}/consumers/{consumer}/assignments")]
        HttpRequest request, string cluster, string group, string consumer) =>
        edge.ServeAsync(request, Operation.V3Read, Need.Group(group, AclOperation.Describe), async call =>
        {
            var links = Links.Of(call, cluster);
            var name = RequestNames.Group(group);
            var described = await groups.DescribeAsync(name, call.CancellationToken) ?? throw new RequestException(GroupWriter.GroupNotFound);
            var member = GroupWriter.MemberOrThrow(described, RequestNames.Consumer(consumer));
            return call.Json(json => V3Writer.List(
                json, "KafkaConsumerAssignmentList", $"{links.Consumer(name, member.Instance)}/assignments",
                member.Partitions.VisibleTo(call.Caller),
                (item, at) => GroupWriter.Assignment(item, links, name, member, at)));
        });
}
