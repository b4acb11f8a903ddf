using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Serverless.Core.Access;
using Serverless.Core.Groups;
using Serverless.Functions.Access;
using Serverless.Functions.Http;
using Serverless.Functions.Http.Consumers;

namespace Serverless.Functions.Api;

/// <summary>Committed offsets of a group, without an instance.</summary>
public sealed class GetGroupOffsets(HttpEdge edge, IConsumerGroups groups)
{
    [Function("GetGroupOffsets")]
    public Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "consumers/{group}/offsets")]
        HttpRequest request, string group) =>
        edge.ServeAsync(
            request, new Operation(ApiVersion.V2, BodyRule.Untyped, "partitions"), Need.Group(group, AclOperation.Describe), async call =>
        {
            using var body = await call.ReadBodyAsync();
            var partitions = PartitionsRequest.ParseOptional(body, call.Query.Text("partitions"), call.Limits.ListEntriesMax);
            var committed = await groups.GroupOffsetsAsync(RequestNames.Group(group), partitions, call.CancellationToken);
            return call.Json(json => PartitionsWriter.Committed(json, committed.VisibleTo(call.Caller)));
        });
}
