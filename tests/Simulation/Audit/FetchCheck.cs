using Serverless.Core.Groups;
using Serverless.Core.Log;
using Serverless.Core.Records;
using Serverless.Simulation.Engine;

namespace Serverless.Simulation.Audit;

/// <summary>Whether an answer of the log is what the log can have been between the call and its return.</summary>
internal static class FetchCheck
{
    /// <summary>An answer without error: whole batches without a hole from the offset on, and never empty where something was known to be.</summary>
    /// <param name="endSeen">What any client knew of the end when the call was made.</param>
    public static void Whole(PartitionAudit log, long offset, long endSeen, FetchAnswer answer)
    {
        Guarantee.Holds(
            offset <= log.End, "L14", $"{log.Name}: offset {offset} is above the end {log.End} and no error came.");
        Marks(log, answer.Offsets);
        if (answer.Batches.IsEmpty)
        {
            Guarantee.Holds(
                offset >= endSeen, "L8", $"{log.Name}: nothing was found at {offset} though {endSeen} had been seen as the end.");
            Guarantee.Holds(
                answer.NextOffset == offset, "L13", $"{log.Name}: nothing was found at {offset}, and yet {answer.NextOffset} is next.");
            return;
        }

        var next = -1L;
        var at = 0;
        var bytes = answer.Batches.Span;
        while (at < bytes.Length)
        {
            var check = RecordBatch.Check(bytes[at..], out var header, out var rule);
            Guarantee.Holds(check == BatchCheck.Valid, "L13", $"{log.Name}: a broken batch was delivered at {offset}: {rule}");
            var marker = FetchPlan.IsMarker(bytes, at + header.SizeInBytes, header);
            Guarantee.Holds(
                next < 0 ? header.BaseOffset <= offset && (marker || header.NextOffset > offset) : header.BaseOffset == next,
                "L6", $"{log.Name}: asked for {offset}, a batch begins at {header.BaseOffset} where {Math.Max(next, offset)} comes next.");
            if (!header.IsControl)
            {
                Records(log, bytes.Slice(at, header.SizeInBytes), header);
            }

            next = marker ? header.BaseOffset : header.NextOffset;
            at += header.SizeInBytes;
        }

        Guarantee.Holds(
            answer.NextOffset == next && next > offset, "L13",
            $"{log.Name}: batches from {offset} end at {next}, and {answer.NextOffset} is said to be next.");
    }

    /// <summary>An answer for read_committed: all that is committed in its stretch, and nothing else.</summary>
    public static void Committed(PartitionAudit log, long offset, FetchAnswer answer)
    {
        Marks(log, answer.Offsets);
        Guarantee.Holds(
            answer.NextOffset <= Math.Max(offset, log.LastStable), "T3",
            $"{log.Name}: read to {answer.NextOffset}, and only below {log.LastStable} all is decided.");
        var found = new HashSet<long>();
        var walk = new RecordBatchReader(answer.Batches.Span);
        while (walk.TryRead(out var header, out var batch))
        {
            if (!header.IsControl)
            {
                Records(log, batch, header);
                for (var at = header.BaseOffset; at <= header.LastOffset; at++)
                {
                    found.Add(at);
                }
            }
        }

        foreach (var at in found)
        {
            Guarantee.Holds(
                log.IsCommitted(at), "T2", $"{log.Name}: {log.Records[(int)at].Send} at {at} was read, and is not committed.");
        }

        for (var at = Math.Max(offset, log.Start); at < answer.NextOffset; at++)
        {
            Guarantee.Holds(
                found.Contains(at) || !log.IsCommitted(at), "T1", $"{log.Name}: {log.Records[(int)at].Send} at {at} is committed, and was left out.");
        }
    }

    /// <summary>What a poll delivers of one partition: every record of the stretch that it names.</summary>
    public static void Slice(PartitionAudit log, PolledSlice slice)
    {
        var next = slice.FromOffset;
        var walk = new RecordBatchReader(slice.Batches.Span);
        while (walk.TryRead(out var header, out var batch))
        {
            if (header.IsControl)
            {
                continue;
            }

            Records(log, batch, header);
            Guarantee.Holds(
                header.BaseOffset <= next, "G4", $"{log.Name}: a poll left out {next} to {header.BaseOffset}.");
            next = Math.Max(next, header.NextOffset);
        }

        Guarantee.Holds(
            next >= slice.ToOffset, "G4", $"{log.Name}: a poll says that it delivers up to {slice.ToOffset}, and ends at {next}.");
    }

    /// <summary>A refusal of an offset: it must lie below the start, or above the end that the call could still see.</summary>
    public static void OutOfRange(PartitionAudit log, long offset, long endSeen) => Guarantee.Holds(
        offset < log.Start || offset > endSeen, "L14",
        $"{log.Name}: offset {offset} was refused though the log runs from {log.Start} and {endSeen} had been seen as its end.");

    /// <summary>Marks that are part of an answer may lag, but never run ahead.</summary>
    public static void Marks(PartitionAudit log, OffsetSnapshot offsets)
    {
        Guarantee.Holds(
            offsets.LogEndOffset <= log.End, "L9", $"{log.Name}: the end {offsets.LogEndOffset} was told, which is {log.End}.");
        Guarantee.Holds(
            offsets.LogStartOffset <= log.Start, "L9", $"{log.Name}: the start {offsets.LogStartOffset} was told, which is {log.Start}.");
        Guarantee.Holds(
            offsets.LastStableOffset <= Math.Min(offsets.LogEndOffset, log.LastStable), "T3",
            $"{log.Name}: the last stable offset {offsets.LastStableOffset} was told, which is {log.LastStable}.");
    }

    /// <summary>The first record at or after a time, as the log may have had it.</summary>
    public static void ByTime(
        PartitionAudit log, long timestampMs, long startBefore, long endBefore, OffsetAndTimestamp? answer)
    {
        var from = Math.Max(startBefore, log.Start);
        for (var offset = from; offset < (answer?.Offset ?? endBefore); offset++)
        {
            Guarantee.Holds(
                log.Records[(int)offset].TimestampMs < timestampMs, "L19",
                $"{log.Name}: {offset} is at or after {timestampMs}, but {answer} was found.");
        }

        Guarantee.Holds(
            answer is not { } found || (found.Offset >= startBefore && found.Offset < log.End && log.Records[(int)found.Offset].TimestampMs == found.TimestampMs
                && found.TimestampMs >= timestampMs),
            "L19", $"{log.Name}: {answer} was found for {timestampMs}.");
    }

    private static void Records(PartitionAudit log, ReadOnlySpan<byte> batch, in RecordBatchHeader header)
    {
        using var records = RecordReader.Open(batch);
        while (records.TryRead(out var record))
        {
            var value = System.Text.Encoding.UTF8.GetString(record.Value);
            Guarantee.Holds(
                record.Offset < log.End && log.Records[(int)record.Offset].Value == value
                && log.Records[(int)record.Offset].BatchCrc == header.Crc, "L10",
                $"{log.Name}: {value} was read at {record.Offset}, where the log has {(record.Offset < log.End ? log.Records[(int)record.Offset].Value : "nothing")}.");
        }
    }
}
