using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Serverless.Core.Access;
using Serverless.Core.Groups;
using Serverless.Core.Topics;
using Serverless.Functions.Access;
using Serverless.Functions.Http;
using Serverless.Functions.Http.Consumers;

namespace Serverless.Functions.Api;

/// <summary>Commits offsets of an instance: those named, or all that was delivered.</summary>
public sealed class CommitOffsets(HttpEdge edge, IConsumerGroups groups, ITopicCatalog topics)
{
    [Function("CommitOffsets")]
    public Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "consumers/{group}/instances/{instance}/offsets")]
        HttpRequest request, string group, string instance) =>
        edge.ServeAsync(request, Operation.V2Write with { QueryNames = ["async"] }, Need.Group(group, AclOperation.Read), async call =>
        {
            using var body = await call.ReadBodyAsync();
            var offsets = OffsetsRequest.ParseCommit(body, call.Limits.ListEntriesMax);
            call.Demand(Need.Topics((offsets ?? []).Select(offset => offset.At.Topic), AclOperation.Read));
            var answer = await groups.CommitAsync(RequestNames.Group(group), RequestNames.Instance(instance), offsets, call.CancellationToken);
            var stored = (await answer.NamingUnknownAsync(topics, (offsets ?? []).Select(offset => offset.At), call.CancellationToken)).OrThrow();
            return call.Json(json => PartitionsWriter.Stored(json, stored.VisibleTo(call.Caller)));
        });
}
