using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Serverless.Core.Groups;
using Serverless.Functions.Http;
using Serverless.Functions.Http.V3;

namespace Serverless.Functions.Api;

/// <summary>Forgets a consumer group without live instances, with its committed offsets.</summary>
public sealed class V3DeleteGroup(HttpEdge edge, IConsumerGroups groups)
{
    [Function("V3DeleteGroup")]
    public Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Function, "delete", Route = "v3/clusters/{cluster}/consumer-groups/{group}")]
        HttpRequest request, string cluster, string group) =>
        edge.ServeAsync(request, Operation.V3Read, async call =>
        {
            Links.Of(call, cluster);
            (await groups.DeleteGroupAsync(RequestNames.Group(group), call.CancellationToken)).OrThrow();
            return Reply.NoContent;
        });
}
