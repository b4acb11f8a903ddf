using Microsoft.Extensions.Logging;
using Serverless.Core.Storage;
using Serverless.Core.Topics;

namespace Serverless.Core.Log;

/// <summary>Brings one block into the log at the place where it was meant to be, or finds out that it is not there.</summary>
/// <remarks>
/// Upholds <b>one writer per offset</b> and <b>honest errors</b>. A block is sent on condition that the segment ends
/// where our tail does, so the offsets that it carries are right exactly if it lands. When it does not land, or nobody
/// can say, the bytes at that position are read: ours there means that it landed (stamp and CRCs make equal bytes of two
/// writers all but impossible), another's there means that it never will, none means that the very same bytes are sent
/// again. A refusal proves nothing by itself: the network may have delivered our request twice.
/// </remarks>
internal sealed partial class BlockSender(LogContext context, PartitionTail tails, PartitionRows rows)
{
    private const int MakeAttemptsMax = 8;

    private readonly ILogger _logger = context.Logger;

    // Base of the segment that was seen to exist; it is created by the first append that needs it.
    private long _segmentMade = -1;
    private long _checkpointedTo;

    /// <summary>Null: it did not land and never will, as another writer's block lies there, or the segment is to be looked up again.</summary>
    public async ValueTask<SentBlock?> TrySendAsync(
        List<PendingAppend> block, TopicSettings settings, LingerControl linger, bool lookFirst)
    {
        var tail = lookFirst
            ? await tails.RefreshAsync(CancellationToken.None)
            : await tails.OpenAsync(CancellationToken.None);
        var known = await tails.FreshStartAsync(CancellationToken.None);
        if (known.Offset > tail.SegmentBase)
        {
            return null;
        }

        tail = tail with { Closed = tail.Closed || known.Closed };
        if (!tail.Closed && tail.Position == 0 && _segmentMade != tail.SegmentBase)
        {
            tail = await MakeSegmentAsync(tail);
            if (tail is { Closed: false, Position: 0 } && _segmentMade != tail.SegmentBase)
            {
                // The log moved on meanwhile, and what is next now has to be made as well.
                return null;
            }
        }

        if (tail.Closed)
        {
            return new SentBlock(
                [.. block.Select(_ => new AppendAnswer(ErrorCode.UnknownTopicOrPartition, -1))], tail, Content: null);
        }

        var plan = AppendPlan.Make(tail, block);
        if (!plan.IsFinal && !lookFirst)
        {
            // What is missing here may have been appended by others: nobody is refused for what was not looked for.
            return null;
        }

        if (plan.Appends.Count == 0)
        {
            return new SentBlock(plan.Answers, tail, Content: null);
        }

        var bytes = plan.Appends.Sum(planned => planned.Append.Batch.Length);
        var ends = RollRule.Ends(
            tail, bytes, plan.Appends.Max(planned => planned.Append.Header.MaxTimestamp), settings.SegmentBytes, settings.SegmentMs,
            context.Options.SegmentBlocksRoll);
        var nowMs = context.Clock.GetUtcNow().ToUnixTimeMilliseconds();
        var content = AppendBlock.Assemble(tail, plan.Appends, context.Ids.NewStamp(), ends, nowMs);
        return await LandsAsync(tail, content, linger) switch
        {
            Landing.Landed => new SentBlock(plan.Answers, tail, content),
            Landing.Unknown => new SentBlock(AppendPlan.Unknown(tail, block), tail, Content: null),
            _ => null,
        };
    }

    // The same bytes are sent until somebody's lie at the position. Only then is it known for good.
    private async ValueTask<Landing> LandsAsync(LogTail tail, byte[] content, LingerControl linger)
    {
        var segment = tails.SegmentName(tail.SegmentBase);
        var firstBegan = context.Clock.GetTimestamp();
        for (var attempt = 1; ; attempt++)
        {
            var began = context.Clock.GetTimestamp();
            var result = await context.Blobs.AppendAsync(segment, tail.Position, content, CancellationToken.None);
            var latency = context.Clock.GetElapsedTime(began);
            context.Metrics.AppendAttempted(result.Outcome, content.Length);
            switch (result.Outcome)
            {
                case AppendOutcome.Appended:
                    linger.Won(latency);
                    if (!await IsOursAsync(tail))
                    {
                        return Landing.Unknown;
                    }

                    tails.Take(tail.SegmentBase, tail.Position, content, result.BlockCount);
                    return Landing.Landed;

                case AppendOutcome.Missing:
                    // Never made, or gone with retention or the topic. Nothing was written now; was it at an earlier attempt?
                    // Then the segment was there, and it went after our block had been in the log: that is for the reader.
                    _segmentMade = -1;
                    await tails.RefreshStartAsync(CancellationToken.None);
                    return attempt > 1 ? Landing.Unknown : Landing.Elsewhere;

                case AppendOutcome.BlockLimit:
                    throw new CorruptLogException(segment, tail.Position, "the block limit was reached without an end marker");
            }

            var read = await context.Blobs.ReadAsync(
                segment, tail.Position, Math.Max(content.Length, context.Options.CheckpointBytes), CancellationToken.None);
            if (!await IsOursAsync(tail))
            {
                return Landing.Unknown;
            }

            if (result.Outcome == AppendOutcome.PositionTaken && read.Exists && read.Bytes.Length == 0)
            {
                // It is shorter than it was: only a blob that was removed and made anew can be. Is it known by now?
                var start = await tails.RefreshStartAsync(CancellationToken.None);
                return start.Closed || start.Offset > tail.SegmentBase
                    ? Landing.Unknown
                    : throw new CorruptLogException(segment, tail.Position, "the segment is shorter than it was");
            }

            if (read.Bytes.Length > 0)
            {
                var ours = read.Bytes.Span.StartsWith(content);
                tails.Take(tail.SegmentBase, tail.Position, read.Bytes, read.BlockCount);
                if (ours)
                {
                    return Landing.Landed;
                }

                linger.Lost(latency);
                AppendRefused(segment, tail.Position);
                return Landing.Elsewhere;
            }

            if (context.Clock.GetElapsedTime(firstBegan) > context.Options.SettleTime)
            {
                return Landing.Unknown;
            }

            AppendUnsettled(segment, tail.Position, attempt);
            await Task.Delay(Backoff(attempt), context.Clock, CancellationToken.None);
        }
    }

    // Whether what was written or found lies in the log, and not in a blob that was made anew after the log's was removed.
    // Blobs go long after the start row has passed them, so a start that was read lately proves it without a call.
    private async ValueTask<bool> IsOursAsync(LogTail tail)
    {
        var start = await tails.FreshStartAsync(CancellationToken.None);
        return !start.Closed && start.Offset <= tail.SegmentBase;
    }

    // Upholds "nothing is appended to a log that is closed, or to a segment that retention passed": the start row is read
    // after the blob was seen to be there. Had it been made anew, the row would tell; and whoever closes the log from now on
    // finds the blob and ends it. A request to make it whose reply was lost proves neither.
    private async ValueTask<LogTail> MakeSegmentAsync(LogTail tail)
    {
        for (var attempt = 1;
            await context.Blobs.CreateAsync(tails.SegmentName(tail.SegmentBase), CancellationToken.None) == CreateOutcome.Unknown;
            attempt++)
        {
            if (attempt == MakeAttemptsMax)
            {
                throw new StorageException("The next segment could not be made; nothing was appended.", retriable: true);
            }

            await Task.Delay(Backoff(attempt), context.Clock, CancellationToken.None);
        }

        var start = await tails.RefreshStartAsync(CancellationToken.None);
        if (!start.Closed && start.Offset <= tail.SegmentBase)
        {
            _segmentMade = tail.SegmentBase;
            return tails.Known ?? await tails.OpenAsync(CancellationToken.None);
        }

        return start.Closed ? tail with { Closed = true } : await tails.RefreshAsync(CancellationToken.None);
    }

    /// <summary>Leaves checkpoints. Best effort, after the callers have their answers: what is missed is found again by reading.</summary>
    public async ValueTask KeepRowsAsync(SentBlock sent)
    {
        if (sent is not { Before: var before, Content: { } content })
        {
            return;
        }

        try
        {
            var segment = tails.SegmentName(before.SegmentBase);
            var fold = TailFold.Fold(before, content, segment);
            if (fold.Rolled is { } rolled)
            {
                await rows.AddRolledAsync(rolled, CancellationToken.None);
                await AddCheckpointAsync(fold.Tail);

                // Made now, nobody has to ask later whether it is not yet there or no more.
                await MakeSegmentAsync(fold.Tail);
                SegmentRolled(segment, rolled.EndOffset);
            }
            else if (before.Position / context.Options.CheckpointBytes
                != fold.Tail.Position / context.Options.CheckpointBytes)
            {
                // Whoever crosses the line leaves the checkpoint, so that many writers leave one.
                await AddCheckpointAsync(fold.Tail);
            }
        }
        catch (StorageException exception)
        {
            CheckpointMissed(exception);
        }
    }

    // Each tells of the transactions since the one before, as far as that is known here.
    private async ValueTask AddCheckpointAsync(LogTail tail)
    {
        await rows.AddCheckpointAsync(tail, _checkpointedTo, CancellationToken.None);
        _checkpointedTo = tail.NextOffset;
    }

    private TimeSpan Backoff(int attempt) =>
        TimeSpan.FromMilliseconds(Math.Min(2_000, 20 * Math.Pow(2, attempt)) * (0.5 + context.Random.NextDouble()));

    private enum Landing
    {
        Landed,

        /// <summary>It is not in the log and never will be at this position.</summary>
        Elsewhere,
        Unknown,
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "Append to {Segment} at {Position} refused: another writer was first.")]
    private partial void AppendRefused(string segment, long position);

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "Append to {Segment} at {Position} has no outcome after attempt {Attempt}; the same bytes are sent again.")]
    private partial void AppendUnsettled(string segment, long position, int attempt);

    [LoggerMessage(Level = LogLevel.Information, Message = "Segment {Segment} ended at offset {EndOffset}.")]
    private partial void SegmentRolled(string segment, long endOffset);

    [LoggerMessage(Level = LogLevel.Warning, Message = "A checkpoint could not be kept; the log is opened more slowly until the next.")]
    private partial void CheckpointMissed(Exception exception);
}

/// <summary>A block that was dealt with; <c>Content</c> is null when it is not known to be in the log.</summary>
internal sealed record SentBlock(AppendAnswer[] Answers, LogTail Before, byte[]? Content);
