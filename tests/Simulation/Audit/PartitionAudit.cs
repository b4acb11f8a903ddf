using Serverless.Core.Log;
using Serverless.Core.Records;
using Serverless.Core.Storage.Rows;
using Serverless.Simulation.Engine;
using Serverless.Simulation.Storage;

namespace Serverless.Simulation.Audit;

/// <summary>The one true log of a partition, as the effects on storage made it, checked at each of them.</summary>
/// <remarks>
/// It is built from raw effects alone and shares no code with the log but the record codec. Blobs made again after they
/// were removed, or after their topic was closed, are no part of the log: what lands there must never be acknowledged.
/// </remarks>
/// <param name="own">A batch of the service's own, as what a delivery writes; null where it is to be one that a client sent.</param>
internal sealed class PartitionAudit(
    string topicId, int partition, IReadOnlyDictionary<string, Send> sends, TransactionAudit transactions,
    Func<RecordBatchHeader, IReadOnlyList<string>, Send?> own)
{
    private readonly List<AuditedRecord> _records = [];
    private readonly List<AuditedSegment> _segments = [];
    private readonly HashSet<long> _outside = [];
    private readonly ProducerAudit _producers = new(transactions);
    private readonly Dictionary<(long Segment, long Position), (long Next, int Blocks)> _places = [];

    public string Name { get; } = $"{Short.Id(topicId)}/{partition}";

    public long Start { get; private set; }

    public long End => _records.Count;

    /// <summary>Below it every transaction has its marker.</summary>
    public long LastStable => _producers.FirstOpen ?? End;

    /// <summary>The start row is closed: whoever opens the log learns that its topic is gone.</summary>
    public bool IsClosing { get; private set; }

    /// <summary>The end marker of the topic stands in the log.</summary>
    public bool IsClosed { get; private set; }

    /// <summary>What any client was told so far: later answers must not fall behind it.</summary>
    public long EndSeen { get; private set; }

    public long StartSeen { get; private set; }

    public IReadOnlyList<AuditedRecord> Records => _records;

    public IReadOnlyList<AuditedSegment> Segments => _segments;

    private AuditedSegment? Active => _segments.Count > 0 && !_segments[^1].Ended ? _segments[^1] : null;

    /// <summary>A blob that was made anew where the log has been, or was closed.</summary>
    public bool IsOutside(long segmentBase) => _outside.Contains(segmentBase);

    public void SawEnd(long end) => EndSeen = Math.Max(EndSeen, end);

    public void SawStart(long start) => StartSeen = Math.Max(StartSeen, start);

    public void Created(long segmentBase)
    {
        if (segmentBase < Start || IsClosing)
        {
            // A late request made what was removed before. Nothing in it counts.
            _outside.Add(segmentBase);
            return;
        }

        Guarantee.Holds(
            Active is null, "L11", $"{Name}: segment {segmentBase} was made while {Active?.Base} is live: two live tails.");
        Guarantee.Holds(
            segmentBase == End, "L11", $"{Name}: segment {segmentBase} was made where {End} comes next.");
        _segments.Add(new AuditedSegment(segmentBase));
        _places[(segmentBase, 0)] = (End, 0);
    }

    public void Appended(long segmentBase, long position, ReadOnlySpan<byte> block)
    {
        if (_outside.Contains(segmentBase))
        {
            return;
        }

        Guarantee.Holds(
            Active is { } active && active.Base == segmentBase && !IsClosed, "L11",
            $"{Name}: an append reached segment {segmentBase}, which had ended.");
        Guarantee.Holds(
            position == Active!.Bytes, "L10", $"{Name}: segment {segmentBase} had {Active.Bytes} bytes, not {position}.");

        var at = 0;
        Active.Blocks++;
        while (at < block.Length)
        {
            var check = RecordBatch.Check(block[at..], out var header, out var rule);
            Guarantee.Holds(
                check == BatchCheck.Valid, "L13", $"{Name}: segment {segmentBase} has no whole batch at {position + at}: {rule}.");
            Guarantee.Holds(
                header.BaseOffset == End, "L3",
                $"{Name}: a batch at {segmentBase}@{position + at} says offset {header.BaseOffset} where {End} comes next.");
            Guarantee.Holds(
                Active is not null && !IsClosed, "L11", $"{Name}: bytes follow the end marker of segment {segmentBase}.");
            Take(block.Slice(at, header.SizeInBytes), header);
            at += header.SizeInBytes;
        }
    }

    public void Deleted(long segmentBase)
    {
        if (_outside.Remove(segmentBase) || IsClosing)
        {
            return;
        }

        Guarantee.Holds(
            segmentBase < Start, "L1", $"{Name}: segment {segmentBase} was deleted while the log starts at {Start}.");
    }

    /// <summary>The start row was written.</summary>
    public void Started(LogStart start, Func<AuditedRecord, bool> mayGo, Func<long, bool> isTooMuch)
    {
        Guarantee.Holds(start.Offset >= Start, "L9", $"{Name}: the start went back from {Start} to {start.Offset}.");
        Guarantee.Holds(start.Closed || !IsClosing, "L15", $"{Name}: a closed log was opened again.");
        Guarantee.Holds(
            start.Offset == Start || _segments.Exists(segment => segment.Ended && segment.End == start.Offset), "L1",
            $"{Name}: the start moved to {start.Offset}, where no segment ended: the live one would go.");
        for (var offset = Start; offset < start.Offset; offset++)
        {
            var segment = _segments.FindLast(candidate => candidate.Base <= offset)!;
            Guarantee.Holds(
                mayGo(_records[(int)offset]) || isTooMuch(BytesFrom(segment.End)), "L16",
                $"{Name}: record {offset} went before its time.");
        }

        (Start, IsClosing) = (start.Offset, start.Closed);
    }

    /// <summary>A checkpoint was written: whoever opens the log will believe it.</summary>
    public void Checkpointed(Core.Log.LogTail checkpoint)
    {
        // Of segments that are gone already nobody reads the checkpoint.
        if (checkpoint.SegmentBase < Start || IsClosing)
        {
            return;
        }

        if (checkpoint is { Position: 0 } && checkpoint.NextOffset == checkpoint.SegmentBase
            && _segments.Exists(segment => segment.Ended && segment.End == checkpoint.SegmentBase))
        {
            return;
        }

        Guarantee.Holds(
            _places.TryGetValue((checkpoint.SegmentBase, checkpoint.Position), out var place)
            && place.Next == checkpoint.NextOffset, "L17", $"{Name}: a checkpoint lies: {checkpoint}.");
        Guarantee.Holds(
            checkpoint.BlockCount >= place.Blocks, "L17", $"{Name}: a checkpoint counts too few blocks: {checkpoint}.");
    }

    public short? OpenOf(long producerId) => _producers.OpenOf(producerId);

    /// <summary>Whether a consumer of committed records is to see it.</summary>
    public bool IsCommitted(long offset) => _records[(int)offset].Send switch
    {
        null => false,
        { Identity: AppendIdentity.Transaction of } => transactions.OutcomeOf(of.ProducerId, of.ProducerEpoch) == true,
        _ => true,
    };

    private void Take(ReadOnlySpan<byte> batch, in RecordBatchHeader header)
    {
        var segment = Active!;
        segment.Bytes += header.SizeInBytes;
        if (header.IsControl && ControlRecord.TryReadType(batch, out var type)
            && type is ControlRecord.SegmentEnd or ControlRecord.TopicClosed)
        {
            segment.End = End;
            segment.Ended = true;
            IsClosed |= type == ControlRecord.TopicClosed;
            return;
        }

        if (header.IsControl)
        {
            _producers.Ended(Name, header, ControlRecord.TryReadType(batch, out var ending) && ending == ControlRecord.Commit);
            _records.Add(new AuditedRecord("", -1, header.BaseOffset, header.Crc, null));
        }
        else
        {
            var send = SendOf(batch, header);
            _producers.Appended(Name, send, header);
            foreach (var value in send.Values)
            {
                _records.Add(new AuditedRecord(value, send.TimestampMs, header.BaseOffset, header.Crc, send));
            }
        }

        _places[(segment.Base, segment.Bytes)] = (End, segment.Blocks);
    }

    private Send SendOf(ReadOnlySpan<byte> batch, in RecordBatchHeader header)
    {
        var found = new List<(string Value, long Timestamp)>();
        using (var records = RecordReader.Open(batch))
        {
            while (records.TryRead(out var record))
            {
                found.Add((System.Text.Encoding.UTF8.GetString(record.Value), record.Timestamp));
            }
        }

        if (own(header, [.. found.Select(record => record.Value)]) is { } written)
        {
            return written;
        }

        Guarantee.Holds(
            found.Count > 0 && sends.ContainsKey(found[0].Value), "L4", $"{Name}: nobody sent {found.FirstOrDefault()}.");
        var send = sends[found[0].Value];
        Guarantee.Holds(
            found.Select(record => record.Value).SequenceEqual(send.Values), "L5",
            $"{Name}: {send} was appended as {string.Join(' ', found.Select(record => record.Value))}.");
        Guarantee.Holds(
            send.TopicId == topicId && send.Partition == partition, "L4", $"{send} went to {Name}, which it was not sent to.");
        Guarantee.Holds(
            send.At < 0, "L2", $"{Name}: {send} is at {send.At} and again at {header.BaseOffset}.");
        Guarantee.Holds(
            send.Outcome != Outcome.Fail, "A1", $"{Name}: {send} was refused for good, and then appended.");
        send.At = header.BaseOffset;
        return send;
    }

    private long BytesFrom(long offset) => _segments.Where(segment => segment.Base >= offset).Sum(segment => segment.Bytes);
}

/// <param name="Value">Empty for the marker of a transaction, which no reader sees.</param>
internal readonly record struct AuditedRecord(string Value, long TimestampMs, long BatchOffset, uint BatchCrc, Send? Send);

internal sealed class AuditedSegment(long baseOffset)
{
    public long Base { get; } = baseOffset;

    public long End { get; set; }

    public bool Ended { get; set; }

    public long Bytes { get; set; }

    public int Blocks { get; set; }
}
