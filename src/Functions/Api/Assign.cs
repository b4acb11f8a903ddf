using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Serverless.Core.Access;
using Serverless.Core.Groups;
using Serverless.Functions.Access;
using Serverless.Functions.Http;
using Serverless.Functions.Http.Consumers;

namespace Serverless.Functions.Api;

/// <summary>Gives an instance the partitions that it asks for, outside of the group's sharing.</summary>
public sealed class Assign(HttpEdge edge, IConsumerGroups groups)
{
    [Function("Assign")]
    public Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "consumers/{group}/instances/{instance}/assignments")]
        HttpRequest request, string group, string instance) =>
        edge.ServeAsync(request, Operation.V2Write, Need.Group(group, AclOperation.Read), async call =>
        {
            using var body = await call.ReadBodyAsync();
            var partitions = PartitionsRequest.Parse(body, call.Limits.ListEntriesMax, checkTopics: true);
            call.Demand(Need.Topics(partitions.Select(at => at.Topic), AclOperation.Read));
            (await groups.AssignAsync(RequestNames.Group(group), RequestNames.Instance(instance), partitions, call.CancellationToken)).OrThrow();
            return Reply.NoContent;
        });
}
