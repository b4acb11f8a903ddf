using Serverless.Core.Effects;
using Serverless.Core.Storage;

namespace Serverless.Core.Delivery;

/// <summary>Opens the targets of deliveries: webhooks, and handlers by their names.</summary>
public sealed class DeliveryTargets(
    IWebhooks webhooks, IEnumerable<IRecordHandler> handlers, IRowStore rows, EffectLedger effects, TimeProvider clock,
    DeliveryOptions options)
{
    // As long as an effect of a handler may take.
    private static readonly TimeSpan EffectLease = TimeSpan.FromMinutes(1);

    private readonly Dictionary<string, IRecordHandler> _handlers =
        handlers.ToDictionary(handler => handler.Name, StringComparer.Ordinal);

    public bool HasHandler(string name) => _handlers.ContainsKey(name);

    /// <summary>Null for a topic, which is written to by transactions, and for a handler that this process does not have.</summary>
    public IDeliveryTarget? Open(GroupDelivery delivery) => delivery.Settings.Target switch
    {
        DeliveryTarget.Webhook webhook => webhooks.Open(webhook, delivery.Secret),
        DeliveryTarget.Handler handler when _handlers.TryGetValue(handler.Name, out var found) => new HandlerTarget(
            found, rows, new EffectScope(effects, delivery.Group, EffectLease), clock, options.HandlerTimeout),
        _ => null,
    };
}
