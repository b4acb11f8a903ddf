using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Serverless.Core.Access;
using Serverless.Core.Groups;
using Serverless.Core.Topics;
using Serverless.Functions.Access;
using Serverless.Functions.Http;
using Serverless.Functions.Http.Consumers;

namespace Serverless.Functions.Api;

/// <summary>Sets committed offsets of a group whose partitions have no live owner.</summary>
public sealed class ResetGroupOffsets(HttpEdge edge, IConsumerGroups groups, ITopicCatalog topics)
{
    [Function("ResetGroupOffsets")]
    public Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "consumers/{group}/offsets")]
        HttpRequest request, string group) =>
        edge.ServeAsync(request, Operation.V2Write, Need.Group(group, AclOperation.Read), async call =>
        {
            using var body = await call.ReadBodyAsync();
            var targets = OffsetsRequest.ParseReset(body, call.Limits.ListEntriesMax);
            call.Demand(Need.Topics(targets.Select(target => target.At.Topic), AclOperation.Read));
            var answer = await groups.ResetAsync(RequestNames.Group(group), targets, call.CancellationToken);
            var stored = (await answer.NamingUnknownAsync(topics, targets.Select(target => target.At), call.CancellationToken)).OrThrow();
            call.Audit.OffsetsReset(RequestNames.Group(group), stored.Count);
            return call.Json(json => PartitionsWriter.Stored(json, stored));
        });
}
