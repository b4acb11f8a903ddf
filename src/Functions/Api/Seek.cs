using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Serverless.Core.Groups;
using Serverless.Functions.Http;
using Serverless.Functions.Http.Consumers;

namespace Serverless.Functions.Api;

/// <summary>Moves an instance's positions to offsets or to times.</summary>
public sealed class Seek(HttpEdge edge, IConsumerGroups groups)
{
    [Function("Seek")]
    public Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = "consumers/{group}/instances/{instance}/positions")]
        HttpRequest request, string group, string instance) =>
        edge.ServeAsync(request, Operation.V2Write, async call =>
        {
            using var body = await call.ReadBodyAsync();
            var targets = OffsetsRequest.ParseSeek(body, call.Limits.ListEntriesMax);
            (await groups.SeekAsync(RequestNames.Group(group), RequestNames.Instance(instance), targets, call.CancellationToken)).OrThrow();
            return Reply.NoContent;
        });
}
