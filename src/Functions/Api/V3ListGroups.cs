using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Serverless.Core.Groups;
using Serverless.Functions.Access;
using Serverless.Functions.Http;
using Serverless.Functions.Http.V3;

namespace Serverless.Functions.Api;

/// <summary>Consumer groups, a page at a time: each one shown is read in full, and nobody bounds how many there are.</summary>
public sealed class V3ListGroups(HttpEdge edge, IConsumerGroups groups)
{
    private const int ReadsAtOnce = 16;

    [Function("V3ListGroups")]
    public Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "v3/clusters/{cluster}/consumer-groups")]
        HttpRequest request, string cluster) =>
        edge.ServeAsync(
            request, Operation.V3Read with { QueryNames = [PageRequest.Size, PageRequest.Token] }, Need.Authenticated, async call =>
        {
            var links = Links.Of(call, cluster);
            var asked = PageRequest.Of(call.Query);
            var page = await VisiblePage<string>.ReadAsync(asked, ReadAsync, name => name, call.Caller.MaySeeGroup);
            var described = new List<GroupDescription>();
            foreach (var some in page.Shown.Chunk(ReadsAtOnce))
            {
                var read = await Task.WhenAll(some.Select(name => groups.DescribeAsync(name, call.CancellationToken).AsTask()));

                // A group may have gone since its name was read.
                described.AddRange(read.OfType<GroupDescription>());
            }

            // Behind the last name, not the last group that was found: that one may have gone.
            var next = page.More ? links.GroupsAfter(page.Shown[^1], asked.ItemsMax) : null;
            return call.Json(json => V3Writer.List(
                json, "KafkaConsumerGroupList", links.Groups, described, (item, group) => GroupWriter.Group(item, links, group), next));

            async ValueTask<(IReadOnlyList<string>, bool)> ReadAsync(string? after, int most)
            {
                var read = await groups.ListGroupsAsync(after, most, call.CancellationToken);
                return (read.Groups, read.More);
            }
        });
}
