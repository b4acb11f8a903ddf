using Microsoft.Extensions.Logging;
using Serverless.Core.Delivery;
using Serverless.Core.Effects;
using Serverless.Core.Groups;
using Serverless.Core.Idempotency;
using Serverless.Core.Telemetry;
using Serverless.Core.Topics;
using Serverless.Core.Transactions;

namespace Serverless.Functions.Timers;

/// <summary>All that the service does by itself, and when. Where there is nothing to do, each is a query.</summary>
public sealed partial class Chores
{
    // Timers may fire a moment early, and late where the platform has to start an instance first.
    private static readonly TimeSpan EarlyMax = TimeSpan.FromSeconds(15);

    private readonly TimeProvider _clock;
    private readonly ILogger<Chores> _logger;

    public Chores(
        IConsumerGroups groups, LagSweep lag, ITransactions transactions, DeliverySupervisor deliveries, TopicSweep topics,
        RetentionSweep retention, IdempotencySweep keys, EffectSweep effects, IProducerIds producers, TimeProvider clock, ILogger<Chores> logger)
        : this(clock, logger) => All =
        [
            // Members and instances that nobody asks for; then how far groups are behind, where somebody watches that.
            new("groups", 1, 0, async cancellationToken =>
            {
                await SweepAsync(groups.SweepAsync, cancellationToken);
                await lag.SweepAsync(cancellationToken);
            }),

            // What has run out of time, or is decided and not finished: it bounds how long readers wait for a program that is gone.
            new("transactions", 1, 0, cancellationToken => SweepAsync(transactions.SweepAsync, cancellationToken)),

            // Has workers started. The timer runs on one instance at a time, and so it works on nothing itself.
            new("deliveries", 1, 0, cancellationToken => deliveries.LookAsync(cancellationToken).AsTask()),

            // Deletions that were not finished, and what deleted topics have stored.
            new("topics", 5, 1, cancellationToken => SweepAsync(topics.SweepAsync, cancellationToken)),

            // Segments that are too old or too much; as often as Kafka's log.retention.check.interval.ms.
            new("retention", 5, 2, cancellationToken => SweepAsync(retention.SweepAsync, cancellationToken)),

            // What has expired, of one shard in turn.
            new("idempotency keys", 5, 3, cancellationToken => SweepAsync(keys.SweepAsync, cancellationToken)),
            new("effects", 5, 4, cancellationToken => SweepAsync(effects.SweepAsync, cancellationToken)),
            new("producers", 10, 5, cancellationToken => SweepAsync(producers.SweepAsync, cancellationToken)),
        ];

    internal Chores(TimeProvider clock, ILogger<Chores> logger) => (_clock, _logger) = (clock, logger);

    internal IReadOnlyList<Chore> All { get; init; } = [];

    /// <summary>Does what is due in this minute, all of it at once; one that fails keeps none of the others.</summary>
    /// <exception cref="AggregateException">Some failed.</exception>
    internal async Task RunDueAsync(CancellationToken cancellationToken)
    {
        var minute = _clock.GetUtcNow() + EarlyMax;
        var failures = await Task.WhenAll(All.Where(chore => chore.IsDue(minute)).Select(chore => TryAsync(chore, cancellationToken)));
        if (failures.OfType<Exception>().ToList() is { Count: > 0 } some)
        {
            throw new AggregateException(some);
        }
    }

    private async Task<Exception?> TryAsync(Chore chore, CancellationToken cancellationToken)
    {
        try
        {
            await chore.RunAsync(cancellationToken);
            return null;
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            ChoreFailed(exception, chore.Name);
            return exception;
        }
    }

    private Task SweepAsync(Func<CancellationToken, ValueTask<bool>> step, CancellationToken cancellationToken) =>
        Sweeping.RunAsync(step, _clock, cancellationToken);

    [LoggerMessage(Level = LogLevel.Error, Message = "Looking after {Chore} failed; the next time it goes on.")]
    private partial void ChoreFailed(Exception exception, string chore);
}
