using Serverless.Core.Records;
using Serverless.Core.Storage;
using Serverless.Core.Storage.Rows;
using Serverless.Core.Topics;

namespace Serverless.Core.Log;

/// <summary>Moves one partition's log start and removes what lies below it. May run twice, late or at once with itself.</summary>
/// <remarks>
/// Upholds <b>start before delete</b>: the start row moves first; <see cref="LogOptions.RemovalDelay"/> later, when every
/// instance knows, the blobs below it go, oldest first, then their rows. A crash in between leaves blobs that the next run
/// finds by listing. The active segment never goes: when all of it is too old, it is ended first. What is too old is asked
/// of the service's clock: an instance whose own is ahead must not take away what others have just written.
/// </remarks>
internal sealed class PartitionRetention(
    LogContext context, string topicId, int partition, PartitionTail tails, LogEnd end,
    PartitionReader reader, PartitionRows rows)
{
    private const int DeletesMax = 200;

    public async ValueTask<RetentionAnswer> RetainAsync(TopicSettings settings, CancellationToken cancellationToken)
    {
        await tails.RefreshStartAsync(cancellationToken);
        var tail = await tails.RefreshAsync(cancellationToken);
        var (start, servedAt) = await rows.StartServedAsync(cancellationToken);
        var nowMs = servedAt.ToUnixTimeMilliseconds();
        if (start.Closed || tail.Closed)
        {
            return new RetentionAnswer(start.Offset, More: false, long.MaxValue);
        }

        if (Retention.EndsActive(tail, settings, nowMs) && await end.TryRollAsync(tail, cancellationToken))
        {
            tail = await tails.RefreshAsync(cancellationToken);
            if (tail.Closed)
            {
                return new RetentionAnswer(start.Offset, More: false, long.MaxValue);
            }
        }

        if (await EndedAsync(start.Offset, tail, cancellationToken) is not { } ended)
        {
            // Another run moved the start meanwhile.
            return new RetentionAnswer(tails.Start.Offset, More: true, null);
        }

        var newStart = Retention.StartAfter(start.Offset, ended, tail.Position, settings, nowMs);
        if (newStart > start.Offset && await IsKeptAsync(tail, newStart, cancellationToken))
        {
            await rows.AdvanceStartAsync(newStart, close: false, cancellationToken);
            await tails.RefreshStartAsync(cancellationToken);
        }

        start = await rows.MatureStartAsync(context.Options.RemovalDelay, cancellationToken);

        var more = start.Removable > start.Removed && await RemoveBelowAsync(start.Removable, cancellationToken);
        var kept = ended.SkipWhile(segment => segment.BaseOffset < start.Offset).ToList();
        return new RetentionAnswer(start.Offset, more, more ? null : DueAgain(start, kept, tail, settings, nowMs));
    }

    // Producers are told by the log from its start on, or by a checkpoint: one must stay when what they appended goes, or their
    // repetitions and late batches would be taken for news.
    private async ValueTask<bool> IsKeptAsync(LogTail tail, long newStart, CancellationToken cancellationToken)
    {
        if ((tail.Producers.Count == 0 && tail.Keys.IsEmpty) || await IsCheckpointedAsync(newStart, cancellationToken))
        {
            return true;
        }

        await rows.AddCheckpointAsync(tail, decidedFrom: 0, cancellationToken);
        await rows.MoveCheckpointAsync(tail, cancellationToken);
        return await IsCheckpointedAsync(newStart, cancellationToken);
    }

    private async ValueTask<bool> IsCheckpointedAsync(long newStart, CancellationToken cancellationToken) =>
        await rows.CheckpointAtOrBelowAsync(long.MaxValue, cancellationToken) is { } newest && newest.SegmentBase >= newStart;

    private long? DueAgain(
        LogStart start, List<RolledSegment> kept, LogTail tail, TopicSettings settings, long nowMs)
    {
        var removal = start.RemovableAgain(context.Options.RemovalDelay)?.ToUnixTimeMilliseconds() ?? long.MaxValue;
        return Retention.DueAgain(kept, tail, settings, nowMs) is { } due ? Math.Min(due, removal) : null;
    }

    // The ended segments from the start to the active one, without a gap: where a row is missing its segment is read.
    // Null when one of them is below the start by now.
    private async ValueTask<List<RolledSegment>?> EndedAsync(long start, LogTail tail, CancellationToken cancellationToken)
    {
        var known = new Dictionary<long, RolledSegment>();
        for (var from = 0L; ;)
        {
            var (page, more) = await rows.RolledAsync(from, cancellationToken);
            foreach (var segment in page)
            {
                known[segment.BaseOffset] = segment;
                from = segment.BaseOffset + 1;
            }

            if (!more)
            {
                break;
            }
        }

        var ended = new List<RolledSegment>();
        for (var at = start; at < tail.SegmentBase;)
        {
            if (!known.TryGetValue(at, out var segment))
            {
                if (await MeasureAsync(at, cancellationToken) is not { } measured)
                {
                    return null;
                }

                segment = measured;
                await rows.AddRolledAsync(segment, cancellationToken);
            }

            ended.Add(segment);
            at = segment.EndOffset;
        }

        return ended;
    }

    private async ValueTask<RolledSegment?> MeasureAsync(long baseOffset, CancellationToken cancellationToken)
    {
        var place = new LogPlace(baseOffset, baseOffset, 0);
        var (bytes, maxTimestamp) = (0L, -1L);
        while (place.SegmentBase == baseOffset)
        {
            if (await reader.ReadBatchesAsync(place, context.Options.CheckpointBytes, cancellationToken) is not { } read)
            {
                var start = await tails.RefreshStartAsync(cancellationToken);
                return start.Closed || start.Offset > baseOffset
                    ? null
                    : throw new CorruptLogException(tails.SegmentName(baseOffset), place.Position, "a segment is missing");
            }

            bytes += read.Batches.Length;
            maxTimestamp = Math.Max(maxTimestamp, MaxTimestamp(read.Batches.Span));
            place = read.Next;
        }

        return new RolledSegment(baseOffset, place.Offset, bytes, maxTimestamp);
    }

    private static long MaxTimestamp(ReadOnlySpan<byte> batches)
    {
        var max = -1L;
        var walk = new RecordBatchReader(batches);
        while (walk.TryRead(out var header, out _))
        {
            // Our markers carry the time of the roll, which is no record's.
            max = header.IsControl ? max : Math.Max(max, header.MaxTimestamp);
        }

        return max;
    }

    private async ValueTask<bool> RemoveBelowAsync(long start, CancellationToken cancellationToken)
    {
        var page = await context.Blobs.ListAsync(
            Layout.PartitionPrefix(topicId, partition), continuation: null, DeletesMax, cancellationToken);
        foreach (var item in page.Items.Where(item => Layout.BaseOffset(item.Name) < start))
        {
            var outcome = await context.Blobs.DeleteAsync(item.Name, item.ETag, cancellationToken);
            if (outcome is DeleteOutcome.Unknown or DeleteOutcome.Changed)
            {
                // Oldest first and without holes: what is behind it waits for the next run.
                return true;
            }
        }

        var blobsMore = page.Continuation is not null && page.Items.All(item => Layout.BaseOffset(item.Name) < start);
        if (blobsMore || await rows.RemoveBelowAsync(start, cancellationToken))
        {
            return true;
        }

        await rows.RemovedAsync(start, cancellationToken);
        return false;
    }
}
