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

/// <summary>Makes a group's delivery, or replaces its settings.</summary>
public sealed class V3PutDelivery(
    HttpEdge edge, DeliveryAdmin admin, DeliveryStates states, IConsumerGroups groups, DeliveryPulse pulse, WebhookCheck webhooks)
{
    [Function("V3PutDelivery")]
    public Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "put", Route = "v3/clusters/{cluster}/consumer-groups/{group}/delivery")]
        HttpRequest request, string cluster, string group) =>
        edge.ServeAsync(request, Operation.V3Write with { Creates = true }, Need.Group(group, AclOperation.Alter), async call =>
        {
            using var body = await call.ReadBodyAsync();
            var asked = DeliveryRequest.Parse(body);
            call.Demand(NeedOf(asked.Settings));
            var links = Links.Of(call, cluster);
            var name = RequestNames.Group(group);
            var secret = await webhooks.SecretAsync(name, asked, new Uri(call.BaseUrl).Host, call.CancellationToken);
            var change = (await admin.PutAsync(name, asked.Settings, secret, asked.Paused, call.CancellationToken)).OrThrow();
            call.Audit.DeliveryPut(name, change.IsNew);
            pulse.Changed(change.Delivery);
            var view = await DeliveryView.OfAsync(change.Delivery, states, groups, call.CancellationToken);
            var reply = call.Json(
                json => DeliveryWriter.Write(json, links, view, call.Caller),
                change.IsNew ? StatusCodes.Status201Created : StatusCodes.Status200OK);
            return change.IsNew ? reply.With("Location", links.Delivery(name)) : reply;
        });

    // Whoever makes a delivery has the service read and write for him, from then on: also topics that are not there yet.
    private static Need NeedOf(DeliverySettings settings)
    {
        var sources = settings.Subscription.Pattern is { } pattern
            ? Need.TopicsWith(PatternPrefix.Of(pattern), AclOperation.Read)
            : Need.Topics(settings.Subscription.Topics ?? [], AclOperation.Read);
        string?[] written = [settings.DeadLetterTopic, (settings.Target as DeliveryTarget.Topic)?.Name];
        return sources.And(Need.Topics(written.OfType<string>(), AclOperation.Write));
    }
}
