using Serverless.Core.Delivery;
using Serverless.Functions.Http;

namespace Serverless.Functions.Delivery.Webhooks;

/// <summary>The service's webhooks.</summary>
internal sealed class Webhooks(WebhookClient client, HttpLimits limits, TimeProvider clock) : IWebhooks
{
    // Well within a worker's slice and its session.
    private static readonly TimeSpan TimeMax = TimeSpan.FromSeconds(20);

    public IDeliveryTarget Open(DeliveryTarget.Webhook webhook, ReadOnlyMemory<byte> secret) =>
        new WebhookTarget(webhook, secret, client.Http, clock, TimeMax, limits.ClusterId);
}
