using Serverless.Core.Delivery;
using Serverless.Functions.Http;

namespace Serverless.Functions.Delivery.Webhooks;

/// <summary>The service's webhooks.</summary>
internal sealed class Webhooks(WebhookClient client, WebhookSafety safety, HttpLimits limits, TimeProvider clock) : IWebhooks
{
    // Well within a worker's slice and its session.
    private static readonly TimeSpan TimeMax = TimeSpan.FromSeconds(20);

    /// <remarks>What was stored may have been fine by other settings, as in development.</remarks>
    public IDeliveryTarget Open(DeliveryTarget.Webhook webhook, ReadOnlyMemory<byte> secret) =>
        WebhookUrl.Complaint(webhook.Url.AbsoluteUri, safety) is { } complaint
            ? new RefusedTarget(complaint)
            : new WebhookTarget(webhook, secret, client.Http, clock, TimeMax, limits.ClusterId);

    private sealed class RefusedTarget(string complaint) : IDeliveryTarget
    {
        public ValueTask<SendOutcome> SendAsync(DeliveryBatch batch, CancellationToken cancellationToken) =>
            ValueTask.FromResult<SendOutcome>(new SendOutcome.Failed(complaint));
    }
}
