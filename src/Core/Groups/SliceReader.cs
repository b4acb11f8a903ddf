using Serverless.Core.Log;
using Serverless.Core.Records;

namespace Serverless.Core.Groups;

/// <summary>What of one fetch a poll may deliver.</summary>
internal static class SliceReader
{
    /// <summary>Why no more was taken of the fetch.</summary>
    public enum Stop
    {
        /// <summary>All of it was taken.</summary>
        FetchIsOver,
        PollIsFull,

        /// <summary>What follows belongs to transactions that are not decided yet.</summary>
        Unstable,

        /// <summary>The next record cannot be shown in the consumer's format.</summary>
        Refused,
    }

    /// <param name="Batches">From the batch of the first record taken to that of the last.</param>
    /// <param name="ToOffset">Where to go on: the record that was not taken, or behind all.</param>
    public readonly record struct Slice(
        ReadOnlyMemory<byte> Batches, long ToOffset, int Records, long Bytes, Stop Stop);

    /// <param name="bytesMax">Key and value bytes; a first record is taken whatever its size.</param>
    /// <param name="isFirst">Whether the poll has no record yet.</param>
    public static Slice Take(
        TopicPartition at, FetchAnswer fetched, long position, IsolationLevel isolation, RecordFilter showable,
        long bytesMax, int recordsMax, bool isFirst)
    {
        var end = isolation == IsolationLevel.ReadCommitted ? fetched.Offsets.LastStableOffset : long.MaxValue;
        var reader = new RecordBatchReader(fetched.Batches.Span);
        var (from, to, records, bytes) = (-1, 0, 0, 0L);
        try
        {
            while (reader.TryRead(out var header, out var batch))
            {
                if (header.NextOffset <= position)
                {
                    continue;
                }

                if (header.BaseOffset >= end)
                {
                    return Stopped(Stop.Unstable, Math.Max(position, end));
                }

                if (header.IsControl)
                {
                    continue;
                }

                using var walk = RecordReader.Open(batch);
                while (walk.TryRead(out var record))
                {
                    if (record.Offset < position)
                    {
                        continue;
                    }

                    var size = (long)record.Key.Length + record.Value.Length;
                    var isFull = records == recordsMax || bytes + size > bytesMax;
                    if (isFull && !(isFirst && records == 0))
                    {
                        return Stopped(Stop.PollIsFull, record.Offset);
                    }

                    if (!showable(record))
                    {
                        return Stopped(Stop.Refused, record.Offset);
                    }

                    from = from < 0 ? reader.Position - batch.Length : from;
                    to = reader.Position;
                    records++;
                    bytes += size;
                }
            }
        }
        catch (InvalidRecordException e)
        {
            throw new CorruptLogException($"the log of {at}, read from offset {position}", e.Position, e.Message);
        }

        // The log gives nothing that is not decided; then only what is appended behind it can help.
        var next = Math.Max(position, fetched.NextOffset);
        return Stopped(next >= end && end < fetched.Offsets.LogEndOffset ? Stop.Unstable : Stop.FetchIsOver, next);

        Slice Stopped(Stop stop, long toOffset) =>
            new(from < 0 ? default : fetched.Batches[from..to], toOffset, records, bytes, stop);
    }
}
