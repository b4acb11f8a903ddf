using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Serverless.Core.Access;
using Serverless.Core.Groups;
using Serverless.Functions.Access;
using Serverless.Functions.Http;

namespace Serverless.Functions.Api;

/// <summary>Ends an instance's subscription or manual assignment.</summary>
public sealed class Unsubscribe(HttpEdge edge, IConsumerGroups groups)
{
    [Function("Unsubscribe")]
    public Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "delete", Route = "consumers/{group}/instances/{instance}/subscription")]
        HttpRequest request, string group, string instance) =>
        edge.ServeAsync(request, Operation.V2Read, Need.Group(group, AclOperation.Read), async call =>
        {
            (await groups.UnsubscribeAsync(RequestNames.Group(group), RequestNames.Instance(instance), call.CancellationToken)).OrThrow();
            return Reply.NoContent;
        });
}
