using Serverless.Core.Storage;

namespace Serverless.Core.Delivery;

/// <summary>Opens the targets of deliveries: webhooks, and handlers by their names.</summary>
public sealed class DeliveryTargets(IWebhooks webhooks, IEnumerable<IRecordHandler> handlers, IRowStore rows)
{
    private readonly Dictionary<string, IRecordHandler> _handlers =
        handlers.ToDictionary(handler => handler.Name, StringComparer.Ordinal);

    public bool HasHandler(string name) => _handlers.ContainsKey(name);

    /// <summary>Null for a topic, which is written to by transactions, and for a handler that this process does not have.</summary>
    public IDeliveryTarget? Open(GroupDelivery delivery) => delivery.Settings.Target switch
    {
        DeliveryTarget.Webhook webhook => webhooks.Open(webhook, delivery.Secret),
        DeliveryTarget.Handler handler when _handlers.TryGetValue(handler.Name, out var found) => new HandlerTarget(found, rows),
        _ => null,
    };

    private sealed class HandlerTarget(IRecordHandler handler, IRowStore rows) : IDeliveryTarget
    {
        public async ValueTask<SendOutcome> SendAsync(DeliveryBatch batch, CancellationToken cancellationToken)
        {
            var context = new HandlerContext(rows, batch.Group, batch.At, batch.Key, batch.Attempt);
            await handler.HandleAsync(DeliveredRecord.Of(batch.Slice), context, cancellationToken);
            return new SendOutcome.Done { Effects = context.Actions };
        }
    }
}
