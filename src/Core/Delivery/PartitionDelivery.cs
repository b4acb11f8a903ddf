using Microsoft.Extensions.Logging;
using Serverless.Core.Groups;
using Serverless.Core.Storage;
using Serverless.Core.Topics;

namespace Serverless.Core.Delivery;

/// <summary>How one partition's delivery came to its end in one worker.</summary>
internal enum PartitionEnd
{
    /// <summary>It was told to end.</summary>
    Over,

    /// <summary>The partition stands elsewhere than was known: another's, or moved by somebody else. To be looked at again.</summary>
    Moved,

    /// <summary>Storage failed, or the log cannot be read: to be tried again a little later.</summary>
    Trouble,

    /// <summary>The target wants no more, and the delivery is paused.</summary>
    Gone,
}

/// <summary>Takes one partition's records to the target, one batch at a time, while one worker has the partition.</summary>
/// <remarks>
/// Upholds <b>same range, same key</b>: what a batch has in it is written to the partition's row before it is first sent, and stays
/// there until its effects are; whoever goes on sends that very range under that very key. Each step is on condition that the row
/// stands where this left it, so the one that does not know that it was overtaken moves nothing.
/// </remarks>
internal sealed partial class PartitionDelivery(
    WorkerContext work, Topic topic, SharePartition share, ILogger<DeliveryWorker> logger)
{
    // Others append too; so a look now and then, and the wait itself is woken by what this process appends.
    private static readonly TimeSpan WaitMax = TimeSpan.FromSeconds(20);

    private static readonly TimeSpan DueWaitMax = TimeSpan.FromHours(1);

    private readonly RangeReader _reader = new(work.Logs, topic, share.At.Partition);
    private readonly PartitionTransactions _transactions = new(
        work.Transactions, work.Options, work.Delivery.Group, work.Instance, share.At, share.TopicId);

    private OffsetMark _mark = share.Mark;
    private RangeMark? _range = RangeMark.Of(share.Mark);

    // Of the range, where it was read already; only while this has its turn.
    private RangeRead? _read;
    private bool _hasTurn;

    // The row says that the range is being sent, so that nobody else is given the partition.
    private bool _isInFlight = RangeMark.Of(share.Mark) is { Attempts: 0 };

    private DeliverySettings Settings => work.Delivery.Settings;

    /// <summary>Since when there has been nothing to do, by the stopwatch; null while there is.</summary>
    public long? QuietSince { get; private set; }

    /// <summary>Until when a batch that failed waits to be tried again, by the service's clock.</summary>
    public DateTimeOffset? ParkedUntil { get; private set; }

    /// <param name="over">Ends waits; a batch that is being sent is seen through.</param>
    public async Task<PartitionEnd> RunAsync(CancellationToken over, CancellationToken cancellationToken)
    {
        try
        {
            while (!over.IsCancellationRequested)
            {
                if (_range is null)
                {
                    await FixAsync(over, cancellationToken);
                }
                else if (await IsDueAsync(_range, over, cancellationToken) && !await AttemptAsync(_range, over, cancellationToken))
                {
                    return PartitionEnd.Gone;
                }
            }

            if (_isInFlight)
            {
                // Fixed, and not sent by this one any more: whoever is to have the partition must not wait for that.
                await StepAsync(_mark, -1, [], cancellationToken);
            }

            return PartitionEnd.Over;
        }
        catch (PartitionEndedException ended)
        {
            return ended.End;
        }
        catch (Exception e) when (e is StorageException or CorruptLogException)
        {
            PartitionTroubled(e, work.Delivery.Group, share.At);
            return PartitionEnd.Trouble;
        }
        finally
        {
            EndTurn();
        }
    }

    /// <summary>One attempt at a range, and what follows from it; false when the target wants no more.</summary>
    private async ValueTask<bool> AttemptAsync(RangeMark range, CancellationToken over, CancellationToken cancellationToken)
    {
        if (!await TakeTurnAsync(over, cancellationToken))
        {
            return true;
        }

        var read = _read ??= await _reader.WholeAsync(range, Settings, cancellationToken);
        if (read.Error == ErrorCode.OffsetOutOfRange || (read.Error == ErrorCode.None && read.Records == 0))
        {
            RangeLost(work.Delivery.Group, share.At, range.From, range.To);
            await StepAsync(new(range.To, ""), -1, [], cancellationToken);
            (_range, _read) = (null, null);
            return true;
        }

        if (read.Error != ErrorCode.None)
        {
            throw new PartitionEndedException(PartitionEnd.Moved);
        }

        switch (await SendAsync(range, read, cancellationToken))
        {
            case SendOutcome.Done done:
                await GoOnAsync(range, done, over, cancellationToken);
                if (_range is null && work.Turns.IsAwaited)
                {
                    EndTurn();
                }

                return true;
            case SendOutcome.Gone gone:
                await work.PauseAsync(gone.Error, cancellationToken);
                return false;
            case SendOutcome.Failed failed:
                await FailAsync(range, read.Slice, failed, cancellationToken);
                return true;
            case var other:
                throw new InvariantException($"Not an outcome: {other}");
        }
    }

    /// <summary>The group moves on behind the range; with what is there already, and time to send it, the next one is fixed in the same step.</summary>
    private async ValueTask GoOnAsync(
        RangeMark range, SendOutcome.Done done, CancellationToken over, CancellationToken cancellationToken)
    {
        (_range, _read) = (null, null);
        if (work.Target is null)
        {
            return;
        }

        // Where others wait for their turn, the next batch is this one's next turn.
        var next = await TryNextAsync(range.To, cancellationToken);
        var isBatch = next is { Error: ErrorCode.None, Records: > 0 } && !over.IsCancellationRequested && !work.Turns.IsAwaited && (next.IsFull || Settings.Linger == TimeSpan.Zero);
        if (isBatch)
        {
            var fixedRange = new RangeMark(range.To, next.NextOffset);
            await StepAsync(new(range.To, fixedRange.Encode()), fixedRange.To, done.Effects, cancellationToken);
            (_range, _read) = (fixedRange, next);
        }
        else
        {
            var passes = next is { Error: ErrorCode.None, Records: 0 };
            await StepAsync(new(passes ? next.NextOffset : range.To, ""), -1, done.Effects, cancellationToken);
        }
    }

    // The range is done, and that is to be written down whatever becomes of the next one.
    private async ValueTask<RangeRead> TryNextAsync(long offset, CancellationToken cancellationToken)
    {
        try
        {
            return await _reader.NextAsync(offset, Settings, cancellationToken);
        }
        catch (Exception e) when (e is StorageException or CorruptLogException)
        {
            return new(ErrorCode.UnknownServerError, default, offset, 0);
        }
    }

    /// <summary>The group moves from where it stands, by this one's knowledge, to there.</summary>
    private async ValueTask StepAsync(
        OffsetMark to, long inFlightTo, IReadOnlyList<RowAction> effects, CancellationToken cancellationToken)
    {
        var step = new ShareStep(share.At, share.TopicId, _mark, to, inFlightTo);
        var answer = await work.Steps.StepAsync(step, effects, cancellationToken);
        if (answer is { Error: ErrorCode.None, Value: StepOutcome.Pending })
        {
            // Left open by a dead letter or a copy that did not come to its end; it may be another's, then its timeout decides it.
            await _transactions.ResolveAsync(cancellationToken);
            throw new PartitionEndedException(PartitionEnd.Trouble);
        }

        if (answer is not { Error: ErrorCode.None, Value: StepOutcome.Done })
        {
            throw new PartitionEndedException(PartitionEnd.Moved);
        }

        (_mark, _isInFlight) = (to, inFlightTo >= 0);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The delivery of group {Group} came to a stop at {Partition}.")]
    private partial void PartitionTroubled(Exception exception, string group, TopicPartition partition);

    [LoggerMessage(Level = LogLevel.Error,
        Message = "Group {Group}, {Partition} {From} to {To}: retention took the records before they were delivered.")]
    private partial void RangeLost(string group, TopicPartition partition, long from, long to);
}

/// <summary>A partition cannot go on from where its worker believed it to stand; caught where the partition's delivery ends.</summary>
internal sealed class PartitionEndedException(PartitionEnd end) : Exception
{
    public PartitionEnd End { get; } = end;
}
