using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Serverless.Core.Access;
using Serverless.Core.Delivery;
using Serverless.Core.Groups;
using Serverless.Functions.Access;
using Serverless.Functions.Http;
using Serverless.Functions.Http.V3;

namespace Serverless.Functions.Api;

/// <summary>Forgets a consumer group without live instances, with its committed offsets.</summary>
public sealed class V3DeleteGroup(HttpEdge edge, IConsumerGroups groups, Deliveries deliveries)
{
    [Function("V3DeleteGroup")]
    public Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "delete", Route = "v3/clusters/{cluster}/consumer-groups/{group}")]
        HttpRequest request, string cluster, string group) =>
        edge.ServeAsync(request, Operation.V3Read, Need.Group(group, AclOperation.Delete), async call =>
        {
            Links.Of(call, cluster);
            var name = RequestNames.Group(group);
            if (await deliveries.FindAsync(name, call.CancellationToken) is not null)
            {
                // It would begin anew, at the start of the log, and without what its handlers had written down.
                throw new RequestException(Problem.IllegalState("The group has a delivery: delete that first."));
            }

            (await groups.DeleteGroupAsync(name, call.CancellationToken)).OrThrow();
            call.Audit.GroupDeleted(name);
            return Reply.NoContent;
        });
}
