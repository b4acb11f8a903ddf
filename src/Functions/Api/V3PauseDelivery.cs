using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Serverless.Core.Access;
using Serverless.Core.Delivery;
using Serverless.Core.Groups;
using Serverless.Functions.Access;
using Serverless.Functions.Delivery;
using Serverless.Functions.Http;
using Serverless.Functions.Http.Delivery;
using Serverless.Functions.Http.V3;

namespace Serverless.Functions.Api;

/// <summary>Pauses a delivery, or goes on with it where it stands.</summary>
public sealed class V3PauseDelivery(
    HttpEdge edge, DeliveryAdmin admin, DeliveryStates states, IConsumerGroups groups, DeliveryPulse pulse)
{
    [Function("V3PauseDelivery")]
    public Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "patch", Route = "v3/clusters/{cluster}/consumer-groups/{group}/delivery")]
        HttpRequest request, string cluster, string group) =>
        edge.ServeAsync(request, Operation.V3Write, Need.Group(group, AclOperation.Alter), async call =>
        {
            using var body = await call.ReadBodyAsync();
            var paused = DeliveryRequest.ParsePaused(body);
            var links = Links.Of(call, cluster);
            var delivery = await admin.SetPausedAsync(RequestNames.Group(group), paused, call.CancellationToken)
                ?? throw new RequestException(DeliveryWriter.NotFound);
            call.Audit.DeliveryPaused(delivery.Group, paused);
            pulse.Changed(delivery);
            var view = await DeliveryView.OfAsync(delivery, states, groups, call.CancellationToken);
            return call.Json(json => DeliveryWriter.Write(json, links, view, call.Caller));
        });
}
