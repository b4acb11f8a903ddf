using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Serverless.Core.Delivery;
using Serverless.Core.Topics;

namespace Serverless.Functions.Delivery;

/// <summary>Has a worker started soon after something came to this process, so that deliveries do not wait for the timer.</summary>
/// <remarks>
/// Costs producers nothing but a look at a field. The looks behind it are bounded: the list of deliveries once in fifteen seconds, and
/// each group that is concerned once in three, while there is something new.
/// </remarks>
public sealed partial class DeliveryPulse(
    Deliveries deliveries, ITopicCatalog topics, Func<DeliverySupervisor> supervisor, DeliveryOptions options, TimeProvider clock,
    IHostApplicationLifetime lifetime, ILogger<DeliveryPulse> logger)
{
    private readonly Lock _gate = new();
    private HashSet<string> _topicIds = new(StringComparer.Ordinal);
    private IReadOnlyList<GroupDelivery>? _known;
    private long _knownAt;
    private bool _isRunning;

    /// <summary>Something was appended to the topic with this id.</summary>
    public void Appended(string topicId)
    {
        lock (_gate)
        {
            _topicIds.Add(topicId);
            if (_isRunning)
            {
                return;
            }

            _isRunning = true;
        }

        _ = RunAsync();
    }

    /// <summary>The delivery was made or changed: looked after at once, by all that a timer would do.</summary>
    public void Changed(GroupDelivery delivery)
    {
        lock (_gate)
        {
            _known = null;
        }

        _ = TryAsync(() => supervisor().LookAsync(delivery, lifetime.ApplicationStopping).AsTask());
    }

    private async Task RunAsync()
    {
        while (Take() is { Count: > 0 } topicIds)
        {
            await TryAsync(() => WakeAsync(topicIds, lifetime.ApplicationStopping));
            try
            {
                await Task.Delay(options.PulseInterval, clock, lifetime.ApplicationStopping);
            }
            catch (OperationCanceledException)
            {
                // Whoever is still producing then does so elsewhere.
                return;
            }
        }
    }

    private HashSet<string> Take()
    {
        lock (_gate)
        {
            var taken = _topicIds;
            _topicIds = new(StringComparer.Ordinal);
            _isRunning = taken.Count > 0;
            return taken;
        }
    }

    private async Task WakeAsync(HashSet<string> topicIds, CancellationToken cancellationToken)
    {
        var known = _known;
        if (known is null || clock.GetElapsedTime(_knownAt) > options.ListAgeMax)
        {
            _knownAt = clock.GetTimestamp();
            _known = known = await deliveries.ListAsync(cancellationToken);
        }

        if (known.Count == 0)
        {
            return;
        }

        var touched = (await topics.ListAsync(cancellationToken)).Where(topic => topicIds.Contains(topic.Id)).ToList();
        foreach (var delivery in known.Where(delivery =>
            touched.Any(topic => SubscribedTopics.Has(delivery.Settings.Subscription, topic))))
        {
            // The others must not wait for this one.
            await TryAsync(() => supervisor().WakeAsync(delivery, cancellationToken).AsTask());
        }
    }

    private async Task TryAsync(Func<Task> look)
    {
        try
        {
            await look();
        }
        catch (Exception e)
        {
            // Nobody waits for it, and the timer looks anyway.
            LookFailed(e);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "A look after deliveries failed; the timer's next one will mend that.")]
    private partial void LookFailed(Exception exception);
}
