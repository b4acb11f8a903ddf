namespace Serverless.Core.Delivery;

/// <summary>Webhooks, as deliveries need them: HTTP is the business of whoever implements it.</summary>
public interface IWebhooks
{
    /// <param name="secret">Signs each request: the bytes behind <c>whsec_</c>.</param>
    IDeliveryTarget Open(DeliveryTarget.Webhook webhook, ReadOnlyMemory<byte> secret);
}
