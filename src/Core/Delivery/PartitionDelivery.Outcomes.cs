using Microsoft.Extensions.Logging;
using Serverless.Core.Groups;
using Serverless.Core.Log;
using Serverless.Core.Telemetry;
using Serverless.Core.Topics;

namespace Serverless.Core.Delivery;

/// <content>What becomes of one range: sent, copied, to be tried again, or buried.</content>
internal sealed partial class PartitionDelivery
{
    private async ValueTask<SendOutcome> SendAsync(RangeMark range, RangeRead read, CancellationToken cancellationToken)
    {
        using var processing = MessagingOperation.Start(
            MessagingKind.Process, work.Metrics, work.Clock, share.At.Topic, work.Delivery.Group);
        processing?.Deliver([read.Slice], read.Records);
        var sent = await SendAsync(range, read.Slice, cancellationToken);
        var outcome = sent switch
        {
            SendOutcome.Done => "done",
            SendOutcome.Gone => "gone",
            _ => "failed",
        };
        work.Metrics.Consumed(MessagingKind.Process, share.At.Topic, work.Delivery.Group, read.Records);
        work.Metrics.DeliveryAttempted(work.Delivery.Group, TargetKind, outcome, range.Attempts + 1);
        if (sent is SendOutcome.Done)
        {
            processing?.End(ErrorCode.None);
        }
        else
        {
            processing?.Fail(outcome);
        }

        return sent;
    }

    private string TargetKind => Settings.Target switch
    {
        DeliveryTarget.Webhook => "webhook",
        DeliveryTarget.Topic => "topic",
        _ => "handler",
    };

    private async ValueTask<SendOutcome> SendAsync(RangeMark range, PolledSlice slice, CancellationToken cancellationToken)
    {
        if (work.Target is null)
        {
            return await MirrorAsync(range, slice, cancellationToken);
        }

        var key = DeliveryKeys.OfRange(work.Delivery.Group, share.TopicId, share.At.Partition, range.From, range.To);
        var batch = new DeliveryBatch(
            work.Delivery.Group, share.TopicId, slice, range.From, range.To, key, range.Attempts + 1);
        try
        {
            return await work.Target.SendAsync(batch, cancellationToken);
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            // The edge to code that is not ours.
            TargetThrew(e, work.Delivery.Group, share.At);
            return new SendOutcome.Failed($"{e.GetType().Name}: {e.Message}");
        }
    }

    /// <summary>To another topic: the records and the offset in one transaction.</summary>
    private async ValueTask<SendOutcome> MirrorAsync(RangeMark range, PolledSlice slice, CancellationToken cancellationToken)
    {
        var target = (DeliveryTarget.Topic)Settings.Target;
        if (await work.Topics.FindAsync(target.Name, cancellationToken) is not { } to)
        {
            return new SendOutcome.Failed($"There is no topic {target.Name}.");
        }

        var records = Wanted(slice)
            .Select(record => record.To(PartitionIn(to))).ToList();
        if (records.Count == 0)
        {
            await StepAsync(new(range.To, ""), -1, [], cancellationToken);
        }
        else if (await MoveAsync(to, records, range, cancellationToken) is { } failed)
        {
            return failed;
        }

        return new SendOutcome.Done();
    }

    private async ValueTask FailAsync(
        RangeMark range, PolledSlice slice, SendOutcome.Failed failed, CancellationToken cancellationToken)
    {
        var attempts = range.Attempts + 1;
        AttemptFailed(work.Delivery.Group, share.At, range.From, range.To, attempts, failed.Error);
        var error = failed.Error;
        if (Settings.DeadLetterTopic is { } name && Settings.Retry.IsOver(attempts, range.FirstAt ?? work.Now, work.Now))
        {
            if (await BuryAsync(name, range, slice, error, attempts, cancellationToken) is not { } unburied)
            {
                (_range, _read) = (null, null);
                return;
            }

            error = $"No dead letter: {unburied.Error}";
        }

        var next = range.Failed(error, work.Now, Settings.Retry.PauseAfter(attempts, failed.After, work.Chance()));
        await StepAsync(_mark with { Metadata = next.Encode() }, -1, [], cancellationToken);
        _range = next;
    }

    /// <summary>The records go to the dead-letter topic, and the group moves on, in one transaction. Null: done.</summary>
    private async ValueTask<SendOutcome.Failed?> BuryAsync(
        string name, RangeMark range, PolledSlice slice, string error, int attempts, CancellationToken cancellationToken)
    {
        if (await work.Topics.FindAsync(name, cancellationToken) is not { } to)
        {
            return new SendOutcome.Failed($"There is no topic {name}.");
        }

        var letters = Wanted(slice).Select(record => record.To(
            PartitionIn(to), DeadLetters.Of(share.At, record, work.Delivery.Group, error, attempts))).ToList();
        var failed = await MoveAsync(DeadLetters.RoomIn(to), letters, range, cancellationToken);
        if (failed is null)
        {
            work.Metrics.DeadLettered(work.Delivery.Group, name, letters.Count);
            RangeBuried(work.Delivery.Group, share.At, range.From, range.To, name);
        }

        return failed;
    }

    private async ValueTask<SendOutcome.Failed?> MoveAsync(
        Topic to, IReadOnlyList<ProduceRecord> records, RangeMark range, CancellationToken cancellationToken)
    {
        var next = new OffsetMark(range.To, "");
        var (error, message) = await _transactions.MoveAsync(to, records, _mark, next, cancellationToken);
        switch (error)
        {
            case ErrorCode.None:
                (_mark, _isInFlight) = (next, false);
                return null;
            case ErrorCode.StaleMemberEpoch or ErrorCode.ProducerFenced or ErrorCode.UnknownMemberId:
                throw new PartitionEndedException(PartitionEnd.Moved);
            case ErrorCode.UnstableOffsetCommit:
                throw new PartitionEndedException(PartitionEnd.Trouble);
            default:
                return new SendOutcome.Failed(message ?? error.ToString());
        }
    }

    // What a filter leaves out has no effect, and so cannot fail.
    private IEnumerable<DeliveredRecord> Wanted(PolledSlice slice) => Settings.Target is DeliveryTarget.Topic { Headers: var headers }
        ? DeliveredRecord.Of(slice).Where(record => HeaderFilter.Takes(headers, record))
        : DeliveredRecord.Of(slice);

    // The same partition, where there is one, keeps the order; otherwise its key decides.
    private int? PartitionIn(Topic to) => share.At.Partition < to.Partitions ? share.At.Partition : null;

    [LoggerMessage(Level = LogLevel.Warning, Message = "The target of group {Group} threw for a batch of {Partition}.")]
    private partial void TargetThrew(Exception exception, string group, TopicPartition partition);

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "Group {Group}, {Partition} {From} to {To}: attempt {Attempt} failed: {Reason}")]
    private partial void AttemptFailed(string group, TopicPartition partition, long from, long to, int attempt, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Group {Group}, {Partition} {From} to {To} went to {Topic}.")]
    private partial void RangeBuried(string group, TopicPartition partition, long from, long to, string topic);
}
