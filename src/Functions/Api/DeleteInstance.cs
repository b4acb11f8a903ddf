using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Serverless.Core.Access;
using Serverless.Core.Groups;
using Serverless.Functions.Access;
using Serverless.Functions.Http;

namespace Serverless.Functions.Api;

/// <summary>Ends a consumer instance; it leaves its group at once.</summary>
public sealed class DeleteInstance(HttpEdge edge, IConsumerGroups groups)
{
    [Function("DeleteInstance")]
    public Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "delete", Route = "consumers/{group}/instances/{instance}")]
        HttpRequest request, string group, string instance) =>
        edge.ServeAsync(request, Operation.V2Read, Need.Group(group, AclOperation.Read), async call =>
        {
            (await groups.DeleteInstanceAsync(RequestNames.Group(group), RequestNames.Instance(instance), call.CancellationToken)).OrThrow();
            return Reply.NoContent;
        });
}
