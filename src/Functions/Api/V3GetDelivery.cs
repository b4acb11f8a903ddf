using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Serverless.Core.Access;
using Serverless.Core.Delivery;
using Serverless.Core.Groups;
using Serverless.Functions.Access;
using Serverless.Functions.Http;
using Serverless.Functions.Http.Delivery;
using Serverless.Functions.Http.V3;

namespace Serverless.Functions.Api;

/// <summary>The delivery of a group: its settings, and how it goes.</summary>
public sealed class V3GetDelivery(HttpEdge edge, Deliveries deliveries, DeliveryStates states, IConsumerGroups groups)
{
    [Function("V3GetDelivery")]
    public Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "v3/clusters/{cluster}/consumer-groups/{group}/delivery")]
        HttpRequest request, string cluster, string group) =>
        edge.ServeAsync(request, Operation.V3Read, Need.Group(group, AclOperation.Describe), async call =>
        {
            var links = Links.Of(call, cluster);
            var delivery = await deliveries.FindAsync(RequestNames.Group(group), call.CancellationToken)
                ?? throw new RequestException(DeliveryWriter.NotFound);
            var view = await DeliveryView.OfAsync(delivery, states, groups, call.CancellationToken);
            return call.Json(json => DeliveryWriter.Write(json, links, view, call.Caller));
        });
}
