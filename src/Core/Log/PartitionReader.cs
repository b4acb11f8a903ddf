using Serverless.Core.Records;

namespace Serverless.Core.Log;

/// <summary>Reads one partition: from memory where it is there, else from storage by the nearest known place.</summary>
/// <remarks>
/// Upholds <b>no skip</b>: what is read is checked batch by batch, and each must begin where the one before ended. A
/// place that does not exist any more is an error that the caller is told, never an empty answer.
/// </remarks>
internal sealed class PartitionReader(LogContext context, PartitionTail tails, PartitionRows rows)
{
    public async ValueTask<FetchAnswer> FetchAsync(long offset, int bytesMax, CancellationToken cancellationToken)
    {
        if (tails.Known is not null)
        {
            await tails.FreshStartAsync(cancellationToken);
        }

        // At the end, or where nothing is known yet, only a look at storage can tell.
        var tail = tails.Known is { } known && offset < known.NextOffset
            ? known
            : await tails.RefreshAsync(cancellationToken);

        if (tail.Closed)
        {
            return Answer(ErrorCode.UnknownTopicOrPartition, tail, default, offset);
        }

        if (offset < tails.Start.Offset || offset > tail.NextOffset)
        {
            return Answer(ErrorCode.OffsetOutOfRange, tail, default, offset);
        }

        if (offset == tail.NextOffset)
        {
            return Answer(ErrorCode.None, tail, default, offset);
        }

        var runs = tails.Cached(offset, bytesMax);
        if (runs.Count > 0)
        {
            var joined = Joined(runs);
            var cut = FetchPlan.Cut(joined.Span, offset, bytesMax);
            return Answer(ErrorCode.None, tail, joined[cut.Start..cut.End], cut.NextOffset);
        }

        return await ReadAsync(tail, offset, bytesMax, cancellationToken);
    }

    /// <summary>Where the batch that holds an offset lies, or begins shortly before.</summary>
    public async ValueTask<LogPlace> PlaceAsync(long offset, CancellationToken cancellationToken)
    {
        var known = tails.PlaceAtOrBelow(offset);
        if (known is { } exact && exact.Offset == offset)
        {
            return exact;
        }

        var checkpoint = await rows.CheckpointAtOrBelowAsync(offset, cancellationToken);
        var start = tails.Start.Offset;
        var best = new LogPlace(start, start, 0);
        if (checkpoint is not null && checkpoint.SegmentBase >= start)
        {
            best = new LogPlace(checkpoint.NextOffset, checkpoint.SegmentBase, checkpoint.Position);
        }

        return known is { } near && near.Offset > best.Offset ? near : best;
    }

    /// <summary>
    /// Whole, checked batches from a place on; the place behind them. Empty bytes with a place in the next segment where
    /// one ends; null where the blob is gone.
    /// </summary>
    public async ValueTask<(ReadOnlyMemory<byte> Batches, LogPlace Next)?> ReadBatchesAsync(
        LogPlace place, int bytesWanted, CancellationToken cancellationToken)
    {
        var blob = tails.SegmentName(place.SegmentBase);
        for (var want = bytesWanted; ; want = Math.Max(want * 2, context.Options.CheckpointBytes))
        {
            var read = await context.Blobs.ReadAsync(blob, place.Position, want, cancellationToken);
            if (!read.Exists || !await tails.BelongsAsync(place.SegmentBase, cancellationToken))
            {
                return null;
            }

            var (end, next) = Walk(read.Bytes.Span, place, blob);
            if (end > 0)
            {
                return (read.Bytes[..end], next);
            }

            if (read.Bytes.Length < want)
            {
                throw new CorruptLogException(blob, place.Position, "the log is cut short");
            }
        }
    }

    private static (int End, LogPlace Next) Walk(ReadOnlySpan<byte> bytes, LogPlace place, string blob)
    {
        int at = 0;
        while (at < bytes.Length)
        {
            var check = RecordBatch.Check(bytes[at..], out var header, out var rule);
            if (check == BatchCheck.Incomplete)
            {
                break;
            }

            if (check == BatchCheck.Corrupt || header.BaseOffset != place.Offset)
            {
                throw new CorruptLogException(
                    blob, place.Position, rule ?? $"base offset {header.BaseOffset} where {place.Offset} comes next");
            }

            at += header.SizeInBytes;
            var marker = FetchPlan.IsMarker(bytes, at, header);
            place = marker
                ? place with { Position = place.Position + header.SizeInBytes }
                : new LogPlace(header.NextOffset, place.SegmentBase, place.Position + header.SizeInBytes);
            if (marker)
            {
                return (at, new LogPlace(place.Offset, place.Offset, 0));
            }
        }

        return (at, place);
    }

    private async ValueTask<FetchAnswer> ReadAsync(
        LogTail tail, long offset, int bytesMax, CancellationToken cancellationToken)
    {
        var place = await PlaceAsync(offset, cancellationToken);
        while (true)
        {
            if (place.Offset > offset)
            {
                // The start moved past the offset since the fetch began: what is behind it must not be taken for an answer.
                return Answer(ErrorCode.OffsetOutOfRange, tail, default, offset);
            }

            var read = await ReadBatchesAsync(
                place, Math.Max(bytesMax, context.Options.ReadBytes), cancellationToken);
            if (read is null)
            {
                var start = await tails.RefreshStartAsync(cancellationToken);
                if (start.Closed)
                {
                    return Answer(ErrorCode.UnknownTopicOrPartition, tail, default, offset);
                }

                if (offset < start.Offset)
                {
                    return Answer(ErrorCode.OffsetOutOfRange, tail, default, offset);
                }

                // The place was in a segment that retention has passed, but the offset was not.
                place = place.SegmentBase < start.Offset
                    ? new LogPlace(start.Offset, start.Offset, 0)
                    : throw new CorruptLogException(
                        tails.SegmentName(place.SegmentBase), place.Position, "a segment is missing");
                continue;
            }

            var (batches, next) = read.Value;
            var cut = FetchPlan.Cut(batches.Span, offset, bytesMax);
            if (cut.End > 0)
            {
                // The next fetch goes on behind the cut, or in the next segment when all was taken.
                tails.AddPlace(cut.NextOffset == next.Offset
                    ? next
                    : place with { Offset = cut.NextOffset, Position = place.Position + cut.End });
                return Answer(ErrorCode.None, tail, batches[cut.Start..cut.End], cut.NextOffset);
            }

            place = next;
        }
    }

    private FetchAnswer Answer(ErrorCode error, LogTail tail, ReadOnlyMemory<byte> batches, long next) =>
        new(error, new OffsetSnapshot(tails.Start.Offset, tail.NextOffset, tail.LastStableOffset), batches, next);

    private static ReadOnlyMemory<byte> Joined(List<CachedRun> runs)
    {
        if (runs.Count == 1)
        {
            return runs[0].Batches;
        }

        var joined = new byte[runs.Sum(run => run.Batches.Length)];
        var at = 0;
        foreach (var run in runs)
        {
            run.Batches.Span.CopyTo(joined.AsSpan(at));
            at += run.Batches.Length;
        }

        return joined;
    }
}
