using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Serverless.Core.Delivery;
using Serverless.Core.Topics;

namespace Serverless.Functions.Delivery;

/// <summary>Has a worker started soon after something came to this process, so that deliveries do not wait for the timer.</summary>
/// <remarks>
/// Costs producers nothing but a look at a field. The looks behind it are bounded: the list of deliveries once in fifteen seconds, and
/// each group that is concerned once in three, while there is something new. A look that fails is tried again: a delivery whose
/// worker nobody started would wait for the timer, and where that fails as well, longer.
/// </remarks>
public sealed partial class DeliveryPulse(
    Deliveries deliveries, ITopicCatalog topics, Func<DeliverySupervisor> supervisor, DeliveryOptions options, TimeProvider clock,
    IHostApplicationLifetime lifetime, ILogger<DeliveryPulse> logger)
{
    // With the pause between them a storage account that throttles has time to recover; who is still without has the timer.
    private const int TriesMax = 5;

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

        _ = LookAsync(delivery);
    }

    private async Task LookAsync(GroupDelivery delivery)
    {
        for (var tries = 0; tries < TriesMax; tries++)
        {
            if (await TryAsync(() => supervisor().LookAsync(delivery, lifetime.ApplicationStopping).AsTask()) || !await PauseAsync())
            {
                return;
            }
        }
    }

    private async Task RunAsync()
    {
        var failed = 0;
        while (Take() is { Count: > 0 } topicIds)
        {
            if (await TryAsync(() => WakeAsync(topicIds, lifetime.ApplicationStopping)))
            {
                failed = 0;
            }
            else if (++failed < TriesMax)
            {
                PutBack(topicIds);
            }

            if (!await PauseAsync())
            {
                return;
            }
        }
    }

    // False: the process is ending, and whoever is still producing then does so elsewhere.
    private async Task<bool> PauseAsync()
    {
        try
        {
            await Task.Delay(options.PulseInterval, clock, lifetime.ApplicationStopping);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
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

    private void PutBack(HashSet<string> topicIds)
    {
        lock (_gate)
        {
            _topicIds.UnionWith(topicIds);
        }
    }

    /// <exception cref="AggregateException">Some could not be woken; those that were are not woken twice.</exception>
    private async Task WakeAsync(HashSet<string> topicIds, CancellationToken cancellationToken)
    {
        var known = _known;
        if (known is null || clock.GetElapsedTime(_knownAt) > options.ListAgeMax)
        {
            var askedAt = clock.GetTimestamp();
            _known = known = await deliveries.ListAsync(cancellationToken);
            _knownAt = askedAt;
        }

        if (known.Count == 0)
        {
            return;
        }

        var failures = new List<Exception>();
        var touched = (await topics.ListAsync(cancellationToken)).Where(topic => topicIds.Contains(topic.Id)).ToList();
        foreach (var delivery in known.Where(delivery =>
            touched.Any(topic => SubscribedTopics.Has(delivery.Settings.Subscription, topic))))
        {
            try
            {
                await supervisor().WakeAsync(delivery, cancellationToken);
            }
            catch (Exception e)
            {
                // The others must not wait for this one.
                failures.Add(e);
            }
        }

        if (failures.Count > 0)
        {
            throw new AggregateException(failures);
        }
    }

    private async Task<bool> TryAsync(Func<Task> look)
    {
        try
        {
            await look();
            return true;
        }
        catch (Exception e)
        {
            // Nobody waits for it, and the timer looks anyway.
            LookFailed(e);
            return false;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "A look after deliveries failed; the next one, of the timer at the latest, will mend that.")]
    private partial void LookFailed(Exception exception);
}
