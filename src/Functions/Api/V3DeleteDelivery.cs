using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Serverless.Core.Delivery;
using Serverless.Functions.Http;
using Serverless.Functions.Http.Delivery;
using Serverless.Functions.Http.V3;

namespace Serverless.Functions.Api;

/// <summary>Ends a group's delivery; the group and its offsets stay.</summary>
public sealed class V3DeleteDelivery(HttpEdge edge, DeliveryAdmin admin)
{
    [Function("V3DeleteDelivery")]
    public Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Function, "delete", Route = "v3/clusters/{cluster}/consumer-groups/{group}/delivery")]
        HttpRequest request, string cluster, string group) =>
        edge.ServeAsync(request, Operation.V3Read, async call =>
        {
            Links.Of(call, cluster);
            return await admin.DeleteAsync(RequestNames.Group(group), call.CancellationToken)
                ? Reply.NoContent
                : throw new RequestException(DeliveryWriter.NotFound);
        });
}
