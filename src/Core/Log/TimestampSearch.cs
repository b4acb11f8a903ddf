using Serverless.Core.Records;

namespace Serverless.Core.Log;

/// <summary>Finds the first record at or after a time.</summary>
/// <remarks>
/// Checkpoints carry the newest timestamp of everything before them, which never falls along the log. So everything
/// before the newest checkpoint whose mark is older than the time is older too, and reading on from there finds the
/// record within about one checkpoint interval.
/// </remarks>
internal sealed class TimestampSearch(LogContext context, PartitionTail tails, PartitionRows rows, PartitionReader reader)
{
    public async ValueTask<OffsetAndTimestamp?> FindAsync(long timestampMs, CancellationToken cancellationToken)
    {
        var start = await tails.RefreshStartAsync(cancellationToken);
        var tail = await tails.RefreshAsync(cancellationToken);
        if (tail.Closed || tail.LogMaxTimestamp < timestampMs)
        {
            return null;
        }

        var place = await BeforeAsync(timestampMs, start.Offset, cancellationToken);
        while (place.Offset < tail.NextOffset)
        {
            var read = await reader.ReadBatchesAsync(place, context.Options.CheckpointBytes, cancellationToken);
            if (read is null)
            {
                // Retention moved on while we read; what is left begins at the new start.
                start = await tails.RefreshStartAsync(cancellationToken);
                if (place.SegmentBase >= start.Offset)
                {
                    return null;
                }

                place = new LogPlace(start.Offset, start.Offset, 0);
                continue;
            }

            if (FirstIn(read.Value.Batches.Span, timestampMs, start.Offset) is { } found)
            {
                return found;
            }

            place = read.Value.Next;
        }

        return null;
    }

    private async ValueTask<LogPlace> BeforeAsync(long timestampMs, long start, CancellationToken cancellationToken)
    {
        const int PageRows = 200;
        var below = long.MaxValue;
        while (true)
        {
            var (checkpoints, more) = await rows.CheckpointsBelowAsync(below, PageRows, cancellationToken);
            foreach (var checkpoint in checkpoints)
            {
                if (checkpoint.SegmentBase < start)
                {
                    return new LogPlace(start, start, 0);
                }

                if (checkpoint.LogMaxTimestamp < timestampMs)
                {
                    return new LogPlace(checkpoint.NextOffset, checkpoint.SegmentBase, checkpoint.Position);
                }

                below = checkpoint.NextOffset;
            }

            if (!more)
            {
                return new LogPlace(start, start, 0);
            }
        }
    }

    private static OffsetAndTimestamp? FirstIn(ReadOnlySpan<byte> batches, long timestampMs, long start)
    {
        var walk = new RecordBatchReader(batches);
        while (walk.TryRead(out var header, out var batch))
        {
            if (header.IsControl || header.MaxTimestamp < timestampMs)
            {
                continue;
            }

            using var records = RecordReader.Open(batch);
            while (records.TryRead(out var record))
            {
                if (record.Timestamp >= timestampMs && record.Offset >= start)
                {
                    return new OffsetAndTimestamp(record.Offset, record.Timestamp);
                }
            }
        }

        return null;
    }
}
