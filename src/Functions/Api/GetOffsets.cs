using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Serverless.Core.Access;
using Serverless.Core.Groups;
using Serverless.Functions.Access;
using Serverless.Functions.Http;
using Serverless.Functions.Http.Consumers;

namespace Serverless.Functions.Api;

/// <summary>Committed offsets, as an instance asks: of partitions in a body or the query, or of all that it has.</summary>
public sealed class GetOffsets(HttpEdge edge, IConsumerGroups groups)
{
    [Function("GetOffsets")]
    public Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "consumers/{group}/instances/{instance}/offsets")]
        HttpRequest request, string group, string instance) =>
        edge.ServeAsync(
            request, new Operation(ApiVersion.V2, BodyRule.Untyped, "partitions"), Need.Group(group, AclOperation.Read), async call =>
        {
            using var body = await call.ReadBodyAsync();
            var partitions = PartitionsRequest.ParseOptional(body, call.Query.Text("partitions"), call.Limits.ListEntriesMax);
            var committed = (await groups.CommittedAsync(RequestNames.Group(group), RequestNames.Instance(instance), partitions, call.CancellationToken)).OrThrow();
            return call.Json(json => PartitionsWriter.Committed(json, committed.VisibleTo(call.Caller)));
        });
}
