using Microsoft.Extensions.Logging;
using Serverless.Core.Groups;
using Serverless.Core.Log;
using Serverless.Core.Telemetry;
using Serverless.Core.Storage;
using Serverless.Core.Topics;
using Serverless.Core.Transactions;

namespace Serverless.Core.Delivery;

/// <summary>Why a worker ended its slice.</summary>
public enum WorkEnd
{
    /// <summary>Its time is over and its membership goes on: a successor is to be called.</summary>
    TimeIsOver,

    /// <summary>There was nothing to do for a while; it has left the group.</summary>
    Idle,

    /// <summary>The delivery was paused, changed or deleted; it has left the group.</summary>
    Stopped,

    /// <summary>It cannot work here, or be a member; there is no use in trying again at once.</summary>
    Refused,
}

/// <summary>One slice of a member that takes a group's records to the target of its delivery.</summary>
/// <remarks>
/// An ordinary member of the group: partitions come to it and go from it by the group protocol, and any process may go on in its name.
/// Two that do so at once, as where a call was repeated, harm nothing: of each step one takes effect, and both send the same ranges
/// under the same keys.
/// </remarks>
public sealed partial class DeliveryWorker(
    Deliveries deliveries, DeliveryTargets targets, IConsumerGroups groups, IGroupShares shares, IPartitionLogs logs,
    ITopicCatalog topics, ITransactions transactions, TimeProvider clock, Random random, DeliveryOptions options,
    ILogger<DeliveryWorker> logger, LogMetrics? watch = null)
{
    /// <summary>What the names of all workers begin with.</summary>
    public const string NamePrefix = "__delivery-";

    /// <summary>What the transactional ids that deliveries use begin with.</summary>
    public const string TransactionalIdPrefix = "__delivery.";

    /// <remarks>
    /// Trouble of storage does not end it: a member that could not even leave would hold its partitions for a whole session, with nobody at
    /// work, and what is appended meanwhile would find it there and start nobody else.
    /// </remarks>
    /// <param name="over">Ends the slice; batches that are being sent are seen through.</param>
    public async ValueTask<WorkEnd> RunAsync(
        string group, string instance, CancellationToken over, CancellationToken cancellationToken)
    {
        using var span = LogTracing.StartDelivery(group);
        while (true)
        {
            try
            {
                return await WorkAsync(group, instance, over, cancellationToken);
            }
            catch (StorageException e)
            {
                SliceFailed(e, group, instance);
            }

            if (over.IsCancellationRequested)
            {
                // To call a successor needs no storage.
                return WorkEnd.TimeIsOver;
            }

            await Task.Delay(options.TroublePause, clock, cancellationToken);
        }
    }

    private async ValueTask<WorkEnd> WorkAsync(
        string group, string instance, CancellationToken over, CancellationToken cancellationToken)
    {
        if (await deliveries.FindAsync(group, cancellationToken) is not { Paused: false } delivery)
        {
            return await LeaveAsync(group, instance, WorkEnd.Stopped, cancellationToken);
        }

        if (!CanServe(delivery))
        {
            HandlerMissing(group);
            return await LeaveAsync(group, instance, WorkEnd.Refused, cancellationToken);
        }

        var slice = new WorkerSlice(
            Context(delivery, instance), deliveries, groups, shares, logger);
        var end = await slice.RunAsync(over, cancellationToken);
        SliceEnded(group, instance, end);
        return end == WorkEnd.TimeIsOver ? end : await LeaveAsync(group, instance, end, cancellationToken);
    }

    private bool CanServe(GroupDelivery delivery) =>
        delivery.Settings.Target is not DeliveryTarget.Handler handler || targets.HasHandler(handler.Name);

    private WorkerContext Context(GroupDelivery delivery, string instance) => new()
    {
        Delivery = delivery,
        Instance = instance,
        Target = targets.Open(delivery),
        Turns = new Turnstile(options.PartitionsAtOnceMax),
        Steps = new StepBatcher(shares, delivery.Group, instance),
        Logs = logs,
        Topics = topics,
        Transactions = transactions,
        Options = options,
        Clock = clock,
        Random = random,
        Metrics = watch ?? LogMetrics.None,
        Served = new ServedClock(clock),
        PauseAsync = async (because, token) =>
        {
            await deliveries.PauseAsync(delivery, because, token);
            DeliveryPaused(delivery.Group, because);
        },
    };

    /// <summary>The member leaves its group, so that others take over at once.</summary>
    public async ValueTask LeaveAsync(string group, string instance, CancellationToken cancellationToken) =>

        // One that is not there has left already.
        await groups.DeleteInstanceAsync(group, instance, cancellationToken);

    private async ValueTask<WorkEnd> LeaveAsync(
        string group, string instance, WorkEnd end, CancellationToken cancellationToken)
    {
        await LeaveAsync(group, instance, cancellationToken);
        return end;
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "Worker {Instance} of group {Group} ended its slice: {End}.")]
    private partial void SliceEnded(string group, string instance, WorkEnd end);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Worker {Instance} of group {Group} cannot go on for the moment.")]
    private partial void SliceFailed(Exception exception, string group, string instance);

    [LoggerMessage(Level = LogLevel.Error, Message = "The handler that group {Group} is delivered to is not registered in this process.")]
    private partial void HandlerMissing(string group);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The delivery of group {Group} is paused: {Reason}")]
    private partial void DeliveryPaused(string group, string reason);
}
