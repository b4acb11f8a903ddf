using Serverless.Core.Log;
using Serverless.Core.Topics;

namespace Serverless.Core.Groups;

/// <summary>A partition that a poll reads: <c>From</c> is where its row stands, <c>Position</c> where to read.</summary>
/// <remarks>They differ where the offset was reset, or where this poll has found nothing to show before <c>Position</c>.</remarks>
internal readonly record struct Reading(TopicPartition At, Topic Topic, long From, long Position);

/// <summary>How far one partition was read; <c>Records</c> of it are delivered.</summary>
internal readonly record struct Progress(TopicPartition At, string TopicId, long From, long To, int Records);

/// <summary>How much a poll may deliver. Bytes are those of keys and values.</summary>
internal readonly record struct PollLimits(long BytesMax, int RecordsMax, IsolationLevel Isolation, RecordFilter Showable);

/// <summary>What one poll has chosen so far; partitions are offered in turn.</summary>
internal sealed class PollSelection(PollLimits limits)
{
    private readonly List<PolledSlice> _slices = [];
    private readonly List<Progress> _progress = [];

    public IReadOnlyList<PolledSlice> Slices => _slices;

    public IReadOnlyList<Progress> Progress => _progress;

    public long Bytes { get; private set; }

    public int Records { get; private set; }

    public long BytesLeft => Math.Max(0, limits.BytesMax - Bytes);

    /// <summary>There is more to deliver at once than was taken.</summary>
    public bool More { get; private set; }

    /// <summary>No further partition is to be offered.</summary>
    public bool IsOver { get; private set; }

    /// <summary>The record that ended the poll, where it is the first.</summary>
    public (TopicPartition At, long Offset)? Refused { get; private set; }

    /// <summary>The last partition of which records were taken.</summary>
    public TopicPartition? Turn { get; private set; }

    /// <summary>Takes what fits of one partition; gives the offset from which on something new would be of use.</summary>
    public long Offer(Reading reading, FetchAnswer fetched)
    {
        var slice = SliceReader.Take(
            reading.At, fetched, reading.Position, limits.Isolation, limits.Showable, BytesLeft,
            limits.RecordsMax - Records, Records == 0);
        Records += slice.Records;
        Bytes += slice.Bytes;
        if (slice.Records > 0)
        {
            _slices.Add(new PolledSlice(reading.At, slice.Batches, reading.Position, slice.ToOffset));
            Turn = reading.At;
        }

        if (slice.ToOffset != reading.From)
        {
            _progress.Add(new(reading.At, reading.Topic.Id, reading.From, slice.ToOffset, slice.Records));
        }

        IsOver = slice.Stop is SliceReader.Stop.PollIsFull or SliceReader.Stop.Refused;
        More |= slice.Stop == SliceReader.Stop.PollIsFull
            || (slice.Stop == SliceReader.Stop.Refused && Records > 0)
            || (slice.Stop == SliceReader.Stop.FetchIsOver && slice.Records > 0
                && slice.ToOffset < VisibleEnd(fetched.Offsets));
        Refused = slice.Stop == SliceReader.Stop.Refused && Records == 0 ? (reading.At, slice.ToOffset) : null;

        // Undecided records are there already: only what is appended behind them, a marker perhaps, can help.
        return slice.Stop == SliceReader.Stop.Unstable ? fetched.Offsets.LogEndOffset : slice.ToOffset;
    }

    /// <summary>Notes a partition that has something, though the poll was over before it came to it.</summary>
    public void PassOver(Reading reading, FetchAnswer fetched) =>
        More |= fetched.Error == ErrorCode.None && reading.Position < VisibleEnd(fetched.Offsets);

    private long VisibleEnd(OffsetSnapshot offsets) => offsets.EndFor(limits.Isolation);
}
