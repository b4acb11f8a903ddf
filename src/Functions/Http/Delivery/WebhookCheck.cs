using Serverless.Core.Delivery;
using Serverless.Functions.Delivery;
using Serverless.Functions.Delivery.Webhooks;

namespace Serverless.Functions.Http.Delivery;

/// <summary>Whether a webhook may be sent to, before a delivery to it is stored.</summary>
public sealed class WebhookCheck
{
    private readonly Deliveries _deliveries;
    private readonly WebhookSafety _safety;
    private readonly WebhookConsent _consent;
    private readonly SelfAddress _self;

    internal WebhookCheck(Deliveries deliveries, WebhookSafety safety, WebhookConsent consent, SelfAddress self) =>
        (_deliveries, _safety, _consent, _self) = (deliveries, safety, consent, self);

    /// <summary>The secret that was sent, or null where none was; throws where the address or the secret is refused.</summary>
    internal async ValueTask<ReadOnlyMemory<byte>?> SecretAsync(
        string group, DeliveryRequest asked, string host, CancellationToken cancellationToken)
    {
        if (asked.Settings.Target is not DeliveryTarget.Webhook webhook)
        {
            return null;
        }

        // A domain of one's own is in no setting; but whoever sends this has reached the service by it.
        var safety = _safety with { ForbiddenHosts = [.. _safety.ForbiddenHosts, host.TrimEnd('.').ToLowerInvariant()] };
        if (WebhookUrl.Complaint(asked.Url!, safety) is { } complaint)
        {
            throw new RequestException(Problem.Content(complaint));
        }

        var secret = asked.Secret is null ? null : WebhookSecret.Parse(asked.Secret);
        if (asked.Secret is not null && secret is null)
        {
            throw new RequestException(Problem.Content(WebhookSecret.Complaint));
        }

        var stored = await _deliveries.FindAsync(group, cancellationToken);
        var isKnown = stored?.Settings.Target is DeliveryTarget.Webhook former && former.Url == webhook.Url;
        if (!isKnown && await _consent.ComplaintAsync(webhook.Url, _self.Url?.Host ?? host, cancellationToken) is { } refusal)
        {
            throw new RequestException(Problem.Content(refusal));
        }

        // Not by `?:` with null: an array that is null becomes a memory that is empty.
        if (secret is null)
        {
            return null;
        }

        return secret;
    }
}
