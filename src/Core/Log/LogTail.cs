using Serverless.Core.Records;

namespace Serverless.Core.Log;

/// <summary>Where a partition's log ends, as one instance knows it: what the next append extends.</summary>
/// <param name="SegmentBase">Base offset of the active segment.</param>
/// <param name="Position">Its length in bytes.</param>
/// <param name="NextOffset">The offset that the next record will get.</param>
/// <param name="BlockCount">Blocks in the active segment, or more: never fewer.</param>
/// <param name="FirstTimestamp">Timestamp of the active segment's first batch, ms; -1 while it has none.</param>
/// <param name="SegmentMaxTimestamp">Newest timestamp in the active segment, ms; -1 while it has none.</param>
/// <param name="LogMaxTimestamp">Newest timestamp that the log ever held, ms; never falls.</param>
/// <param name="Closed">The topic was deleted: nothing is appended any more.</param>
internal sealed record LogTail(
    long SegmentBase, long Position, long NextOffset, int BlockCount, long FirstTimestamp, long SegmentMaxTimestamp,
    long LogMaxTimestamp, bool Closed)
{
    /// <summary>What the log says of its producers.</summary>
    public ProducerStates Producers { get; init; } = ProducerStates.Empty;

    /// <summary>Aborted transactions of the part that was folded here.</summary>
    public AbortedTransactions Aborted { get; init; } = AbortedTransactions.StartingAt(NextOffset);

    /// <summary>Batches with idempotency keys of the part that was folded here.</summary>
    public KeyedBatches Keys { get; init; } = KeyedBatches.StartingAt(NextOffset);

    /// <summary>Below it every transaction is decided (KIP-98).</summary>
    public long LastStableOffset => Producers.FirstOpen ?? NextOffset;

    public static LogTail StartOf(long baseOffset, long logMaxTimestamp) =>
        new(baseOffset, 0, baseOffset, 0, -1, -1, logMaxTimestamp, Closed: false);

    /// <summary>The tail once the active segment has ended: the log goes on, and all that it says.</summary>
    public LogTail NextSegment() => StartOf(NextOffset, LogMaxTimestamp) with
    {
        Producers = Producers,
        Aborted = Aborted,
        Keys = Keys,
    };

    public bool SegmentIsEmpty => NextOffset == SegmentBase;
}

/// <summary>A segment that ended: <c>EndOffset</c> is the base of the next one.</summary>
internal readonly record struct RolledSegment(long BaseOffset, long EndOffset, long Bytes, long MaxTimestamp);

/// <summary>The tail after some bytes, how many of them were whole batches, and the segments that ended in them (at most one).</summary>
internal readonly record struct FoldResult(LogTail Tail, int Consumed, RolledSegment? Rolled);

/// <summary>Takes batches into a tail. Pure; every instance that folds the same bytes comes to the same tail.</summary>
/// <remarks>
/// Upholds <b>dense offsets</b>: a batch must begin at the offset where the one before it ended, whoever wrote it.
/// Stops at the first batch that is not whole, and throws <see cref="CorruptLogException"/> at one that is wrong.
/// </remarks>
internal static class TailFold
{
    public static FoldResult Fold(LogTail tail, ReadOnlySpan<byte> bytes, string blob)
    {
        var consumed = 0;
        while (consumed < bytes.Length)
        {
            var position = tail.Position;
            switch (RecordBatch.Check(bytes[consumed..], out var header, out var rule))
            {
                case BatchCheck.Incomplete:
                    return new FoldResult(tail, consumed, null);
                case BatchCheck.Corrupt:
                    throw new CorruptLogException(blob, position, rule ?? "not a record batch");
            }

            Require(!tail.Closed, blob, position, "bytes follow the end of a deleted topic's log");
            Require(
                header.BaseOffset == tail.NextOffset, blob, position,
                $"base offset {header.BaseOffset} where {tail.NextOffset} comes next");

            var batch = bytes.Slice(consumed, header.SizeInBytes);
            consumed += header.SizeInBytes;
            tail = tail with { Position = position + header.SizeInBytes };
            if (header.IsControl && ControlRecord.TryReadType(batch, out var type) && IsOurs(type))
            {
                if (type == ControlRecord.TopicClosed)
                {
                    tail = tail with { Closed = true };
                    continue;
                }

                // A segment without records would give its name to the next one too.
                Require(!tail.SegmentIsEmpty, blob, position, "an empty segment ends");
                Require(consumed == bytes.Length, blob, position, "bytes follow the end of a segment");
                var rolled = new RolledSegment(
                    tail.SegmentBase, tail.NextOffset, tail.Position, tail.SegmentMaxTimestamp);
                return new FoldResult(tail.NextSegment(), consumed, rolled);
            }

            tail = tail with
            {
                NextOffset = header.NextOffset,
                FirstTimestamp = tail.SegmentIsEmpty ? header.MaxTimestamp : tail.FirstTimestamp,
                SegmentMaxTimestamp = Math.Max(tail.SegmentMaxTimestamp, header.MaxTimestamp),
                LogMaxTimestamp = Math.Max(tail.LogMaxTimestamp, header.MaxTimestamp),
                BlockCount = tail.BlockCount + 1,
            };
            if (header.IsControl)
            {
                tail = Decided(tail, header, batch);
            }
            else if (header.ProducerId != -1)
            {
                tail = tail with { Producers = tail.Producers.Append(header), Keys = tail.Keys.Append(header) };
            }
        }

        return new FoldResult(tail, consumed, null);
    }

    private static LogTail Decided(LogTail tail, in RecordBatchHeader header, ReadOnlySpan<byte> batch)
    {
        if (header.ProducerId < 0 || !ControlRecord.TryReadType(batch, out var type)
            || type is not (ControlRecord.Abort or ControlRecord.Commit))
        {
            return tail;
        }

        var aborted = type == ControlRecord.Abort && tail.Producers.Find(header.ProducerId) is { OpenFrom: >= 0 } open
            ? tail.Aborted.Add(new AbortedTransaction(header.ProducerId, open.OpenFrom, header.BaseOffset))
            : tail.Aborted;
        return tail with { Producers = tail.Producers.End(header), Aborted = aborted };
    }

    private static bool IsOurs(short controlType) =>
        controlType is ControlRecord.SegmentEnd or ControlRecord.TopicClosed;

    private static void Require(bool holds, string blob, long position, string rule)
    {
        if (!holds)
        {
            throw new CorruptLogException(blob, position, rule);
        }
    }
}
