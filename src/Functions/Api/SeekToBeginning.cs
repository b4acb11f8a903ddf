using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Serverless.Core.Access;
using Serverless.Core.Groups;
using Serverless.Functions.Access;
using Serverless.Functions.Http;
using Serverless.Functions.Http.Consumers;

namespace Serverless.Functions.Api;

/// <summary>Moves an instance's positions to the beginning of partitions.</summary>
public sealed class SeekToBeginning(HttpEdge edge, IConsumerGroups groups)
{
    [Function("SeekToBeginning")]
    public Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "consumers/{group}/instances/{instance}/positions/beginning")]
        HttpRequest request, string group, string instance) =>
        edge.ServeAsync(request, Operation.V2Write, Need.Group(group, AclOperation.Read), async call =>
        {
            using var body = await call.ReadBodyAsync();
            var partitions = PartitionsRequest.Parse(body, call.Limits.ListEntriesMax);
            var targets = partitions.Select(at => new SeekTarget(at, SeekKind.Beginning)).ToList();
            call.Demand(Need.Topics(targets.Select(target => target.At.Topic), AclOperation.Read));
            (await groups.SeekAsync(RequestNames.Group(group), RequestNames.Instance(instance), targets, call.CancellationToken)).OrThrow();
            return Reply.NoContent;
        });
}
