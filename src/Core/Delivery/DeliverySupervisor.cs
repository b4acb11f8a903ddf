using Microsoft.Extensions.Logging;
using Serverless.Core.Groups;
using Serverless.Core.Storage;

namespace Serverless.Core.Delivery;

/// <summary>Has workers started elsewhere: by a call that the platform spreads over instances, and scales out by.</summary>
public interface IWorkerStarter
{
    /// <summary>Returns when a worker has begun. May begin twice without harm.</summary>
    /// <param name="instance">The member that it is, or goes on as.</param>
    /// <exception cref="WorkerStartException">Nobody has begun, as far as is known.</exception>
    ValueTask StartAsync(string group, string instance, CancellationToken cancellationToken);
}

/// <summary>No worker could be started; the next look will try again.</summary>
public sealed class WorkerStartException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>Looks after deliveries: sees what there is to do and who works, and has as many workers started as that deserves.</summary>
/// <remarks>It does no work of its own, so it may run on one instance, on several, late, or not at all for a while.</remarks>
public sealed partial class DeliverySupervisor(
    Deliveries deliveries, DeliveryStates states, IConsumerGroups groups, IWorkerStarter starter, IIdSource ids,
    DeliveryOptions options, TimeProvider clock, ILogger<DeliverySupervisor> logger)
{
    // One that was started is no member yet for a moment, and must not be started again by the next look.
    private static readonly TimeSpan StartTime = TimeSpan.FromSeconds(15);

    private readonly KeyedGate _gates = new();
    private readonly Lock _lock = new();
    private readonly List<(string Group, string Instance, long At)> _started = [];

    /// <summary>All deliveries, each for itself.</summary>
    public async ValueTask LookAsync(CancellationToken cancellationToken)
    {
        foreach (var delivery in await deliveries.ListAsync(cancellationToken))
        {
            try
            {
                await LookAsync(delivery, cancellationToken);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                // The others must not wait for this one.
                LookFailed(e, delivery.Group);
            }
        }
    }

    /// <summary>One delivery; gives how many workers were started.</summary>
    public async ValueTask<int> LookAsync(GroupDelivery delivery, CancellationToken cancellationToken)
    {
        if (delivery.Paused)
        {
            return 0;
        }

        var (partitions, now) = await states.PartitionsAsync(delivery, cancellationToken);
        var busy = partitions.Count(partition => partition.IsDue(now));
        var deserved = (busy + options.PartitionsPerWorker - 1) / options.PartitionsPerWorker;
        return busy == 0
            ? 0
            : await StartAsync(delivery, Math.Min(deserved, delivery.Settings.WorkersMax), cancellationToken);
    }

    /// <summary>Something came for a delivery: one worker is enough to begin with, if there is none.</summary>
    public async ValueTask WakeAsync(GroupDelivery delivery, CancellationToken cancellationToken)
    {
        if (!delivery.Paused)
        {
            await StartAsync(delivery, 1, cancellationToken);
        }
    }

    /// <summary>What follows the end of a worker's slice: another goes on in its name, or others begin anew where there is something to do.</summary>
    /// <remarks>So it is where it left as there was nothing: what was appended until then found a member, and woke nobody.</remarks>
    public async ValueTask FollowAsync(string group, string instance, WorkEnd end, CancellationToken cancellationToken)
    {
        if (end == WorkEnd.TimeIsOver)
        {
            await starter.StartAsync(group, instance, cancellationToken);
        }

        if (end == WorkEnd.Refused)
        {
            return;
        }

        try
        {
            if (await deliveries.FindAsync(group, cancellationToken) is { } delivery)
            {
                await LookAsync(delivery, cancellationToken);
            }
        }
        catch (Exception e) when (e is WorkerStartException or StorageException)
        {
            // The successor has begun all the same.
            LookFailed(e, group);
        }
    }

    /// <summary>How many workers a group has; 0 where there is no group.</summary>
    public static int LiveWorkers(GroupDescription? group) => group?.Members.Count(member =>
        member.Instance.StartsWith(DeliveryWorker.NamePrefix, StringComparison.Ordinal) && !member.IsOverdue) ?? 0;

    private async ValueTask<int> StartAsync(GroupDelivery delivery, int wanted, CancellationToken cancellationToken)
    {
        using var one = await _gates.EnterAsync(delivery.Group, cancellationToken);
        var description = await groups.DescribeAsync(delivery.Group, cancellationToken);
        var live = LiveWorkers(description) + Coming(description, delivery.Group);
        var missing = Math.Max(0, wanted - live);
        for (var started = 0; started < missing; started++)
        {
            var instance = DeliveryWorker.NamePrefix + ids.NewId();
            await starter.StartAsync(delivery.Group, instance, cancellationToken);
            lock (_lock)
            {
                _started.Add((delivery.Group, instance, clock.GetTimestamp()));
            }
        }

        if (missing > 0)
        {
            WorkersStarted(delivery.Group, missing, live);
        }

        return missing;
    }

    // Those that this process had started, and that nobody has seen as members yet.
    private int Coming(GroupDescription? description, string group)
    {
        lock (_lock)
        {
            _started.RemoveAll(started => clock.GetElapsedTime(started.At) > StartTime
                || (started.Group == group && description?.Members.Any(member => member.Instance == started.Instance) == true));
            return _started.Count(started => started.Group == group);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Started {Count} workers for group {Group}, which had {Live}.")]
    private partial void WorkersStarted(string group, int count, int live);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The delivery of group {Group} could not be looked after.")]
    private partial void LookFailed(Exception exception, string group);
}
