using Microsoft.Extensions.Logging;
using Serverless.Core.Groups;
using Serverless.Core.Storage;

namespace Serverless.Core.Delivery;

/// <summary>The partitions that one worker has in one slice: begun as they come, ended as they go.</summary>
internal sealed partial class WorkerSlice(
    WorkerContext work, Deliveries deliveries, IConsumerGroups groups, IGroupShares shares, ILogger<DeliveryWorker> logger)
{
    private readonly Dictionary<TopicPartition, Running> _running = [];
    private readonly Dictionary<TopicPartition, DateTimeOffset> _notBefore = [];
    private readonly long _beganAt = work.Clock.GetTimestamp();
    private long _settingsReadAt = work.Clock.GetTimestamp();
    private bool _isFresh = true;
    private bool _isJoining;

    private sealed record Running(PartitionDelivery Partition, Task<PartitionEnd> Task, CancellationTokenSource Lost, string TopicId);

    private string Group => work.Delivery.Group;

    public async ValueTask<WorkEnd> RunAsync(CancellationToken over, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                if (await TurnAsync(over, cancellationToken) is { } end)
                {
                    return end;
                }

                await PauseAsync(over, cancellationToken);
                if (Collect())
                {
                    return WorkEnd.Stopped;
                }
            }
        }
        finally
        {
            await EndAllAsync();
        }
    }

    /// <summary>One look at what the member has; null where it goes on.</summary>
    private async ValueTask<WorkEnd?> TurnAsync(CancellationToken over, CancellationToken cancellationToken)
    {
        try
        {
            if (await ShareAsync(cancellationToken) is not { } share)
            {
                return WorkEnd.Refused;
            }

            await BeginAndEndAsync(share, over, cancellationToken);
            return over.IsCancellationRequested ? WorkEnd.TimeIsOver
                : !await IsWantedAsync(cancellationToken) ? WorkEnd.Stopped
                : IsIdle() ? WorkEnd.Idle
                : null;
        }
        catch (StorageException e)
        {
            // Partitions under way go on as long as they can, and so does the membership as long as its session.
            TurnFailed(e, Group, work.Instance);
            _isFresh = true;
            return over.IsCancellationRequested ? WorkEnd.TimeIsOver : null;
        }
    }

    /// <summary>What the member has; it is made where it is not there yet. Null: it cannot be.</summary>
    private async ValueTask<GroupShare?> ShareAsync(CancellationToken cancellationToken)
    {
        var answer = await shares.ShareAsync(Group, work.Instance, _isFresh, cancellationToken);
        if (_isJoining || answer.Error == ErrorCode.UnknownMemberId)
        {
            // An instance that was made, and could not subscribe, has nothing and is told so without an error.
            _isJoining = true;
            answer = await JoinAsync(cancellationToken) is { Error: not ErrorCode.None } refused
                ? new(refused.Error, null, refused.Message)
                : await shares.ShareAsync(Group, work.Instance, fresh: true, cancellationToken);
        }

        if (answer.Value is not { } share)
        {
            MemberRefused(Group, work.Instance, answer.Error, answer.Message);
            return null;
        }

        (_isFresh, _isJoining) = (false, false);
        if (work.Served.Now is not { } known || share.Now > known)
        {
            // Replies take their time, so each of them tells a time that is over: the one that tells most is nearest.
            work.Served.Note(share.Now);
        }

        return share;
    }

    private async ValueTask<GroupAnswer> JoinAsync(CancellationToken cancellationToken)
    {
        var settings = new ConsumerSettings
        {
            AutoOffsetReset = AutoOffsetReset.Earliest,
            AutoCommit = false,
            IsolationLevel = IsolationLevel.ReadCommitted,
            SessionTimeout = work.Options.SessionTimeout,
            InstanceTimeout = work.Options.SessionTimeout * 2,
        };

        // By its name it is the same one, whoever asks: a call that came twice makes it once.
        var made = await groups.CreateInstanceAsync(
            Group, work.Instance, settings, replace: false, requestId: work.Instance, cancellationToken);
        return made.Error != ErrorCode.None
            ? made
            : await groups.SubscribeAsync(Group, work.Instance, work.Delivery.Settings.Subscription, cancellationToken);
    }

    private async ValueTask BeginAndEndAsync(GroupShare share, CancellationToken over, CancellationToken cancellationToken)
    {
        foreach (var (at, running) in _running)
        {
            if (!share.Partitions.Any(has => has.At == at && has.TopicId == running.TopicId))
            {
                running.Lost.Cancel();
            }
        }

        foreach (var (at, time) in _notBefore.ToList())
        {
            if (time <= work.Now || !share.Partitions.Any(has => has.At == at))
            {
                _notBefore.Remove(at);
            }
        }

        foreach (var has in share.Partitions)
        {
            if (_running.ContainsKey(has.At) || _notBefore.ContainsKey(has.At) || over.IsCancellationRequested)
            {
                continue;
            }

            if (await work.Topics.FindAsync(has.At.Topic, cancellationToken) is { } topic && topic.Id == has.TopicId)
            {
                var lost = CancellationTokenSource.CreateLinkedTokenSource(over);
                var partition = new PartitionDelivery(work, topic, has, logger);
                _running[has.At] = new(partition, partition.RunAsync(lost.Token, cancellationToken), lost, has.TopicId);
            }
        }
    }

    /// <summary>Takes note of those that have ended; true when the target wants no more.</summary>
    private bool Collect()
    {
        var isGone = false;
        foreach (var (at, running) in _running.Where(one => one.Value.Task.IsCompleted).ToList())
        {
            _running.Remove(at);
            running.Lost.Dispose();
            if (running.Task.IsFaulted)
            {
                PartitionFailed(running.Task.Exception!.InnerException!, Group, at);
            }

            var end = running.Task.IsCompletedSuccessfully ? running.Task.Result : PartitionEnd.Trouble;
            _isFresh |= end is PartitionEnd.Moved or PartitionEnd.Trouble;
            isGone |= end == PartitionEnd.Gone;
            if (end is PartitionEnd.Moved or PartitionEnd.Trouble)
            {
                // What moved is there again at once as a rule; but who moves against it, round and round, must not be waited for busily.
                _notBefore[at] = work.Now + (end == PartitionEnd.Moved ? work.Options.TroublePause / 8 : work.Options.TroublePause);
            }
        }

        return isGone;
    }

    private async ValueTask<bool> IsWantedAsync(CancellationToken cancellationToken)
    {
        if (work.Clock.GetElapsedTime(_settingsReadAt) < work.Options.SettingsAgeMax)
        {
            return true;
        }

        _settingsReadAt = work.Clock.GetTimestamp();
        return (await deliveries.FindAsync(Group, cancellationToken))?.Version == work.Delivery.Version;
    }

    private bool IsIdle()
    {
        bool IsLong(long? since) => since is { } begun && work.Clock.GetElapsedTime(begun) >= work.Options.IdleMax;
        return IsLong(_beganAt) && _notBefore.Count == 0 && _running.Values.All(running =>
            running.Partition.ParkedUntil - work.Now > work.Options.IdleMax || IsLong(running.Partition.QuietSince));
    }

    private async ValueTask PauseAsync(CancellationToken over, CancellationToken cancellationToken)
    {
        var pause = _notBefore.Values.Select(time => time - work.Now).Append(work.Options.HeartbeatInterval).Min();
        pause = pause > work.Options.TroublePause / 8 ? pause : work.Options.TroublePause / 8;
        using var either = CancellationTokenSource.CreateLinkedTokenSource(over, cancellationToken);
        using var timer = new CancellationTokenSource();

        // A delay that is cancelled tells who waits for any of several on another thread, which simulations cannot follow.
        var told = new TaskCompletionSource();
        using (either.Token.Register(() => told.TrySetResult()))
        {
            var delay = Task.Delay(pause, work.Clock, timer.Token);
            await Task.WhenAny(_running.Values.Select(running => (Task)running.Task).Append(told.Task).Append(delay));
        }

        timer.Cancel();
        cancellationToken.ThrowIfCancellationRequested();
    }

    private async ValueTask EndAllAsync()
    {
        foreach (var running in _running.Values)
        {
            running.Lost.Cancel();
        }

        foreach (var (at, running) in _running)
        {
            try
            {
                await running.Task;
            }
            catch (Exception e)
            {
                // Nothing of it is lost: the partition's row tells how far it came.
                PartitionFailed(e, Group, at);
            }

            running.Lost.Dispose();
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Worker {Instance} of group {Group} could not see what it has.")]
    private partial void TurnFailed(Exception exception, string group, string instance);

    [LoggerMessage(Level = LogLevel.Error, Message = "The delivery of group {Group} failed at {Partition}.")]
    private partial void PartitionFailed(Exception exception, string group, TopicPartition partition);

    [LoggerMessage(Level = LogLevel.Error, Message = "Worker {Instance} of group {Group} cannot be a member: {Error} {Reason}")]
    private partial void MemberRefused(string group, string instance, ErrorCode error, string? reason);
}
