using System.Buffers;
using Serverless.Core.Groups;
using Serverless.Core.Log;
using Serverless.Core.Topics;

namespace Serverless.Core.Delivery;

/// <summary>What a read found: records of a range, only something to pass over, nothing yet, or that the log begins later.</summary>
/// <param name="NextOffset">Behind what was found; where nothing was, where it was looked for.</param>
/// <param name="WaitFrom">Where nothing was: the offset that something must come at. What is undecided is there already.</param>
internal readonly record struct RangeRead(ErrorCode Error, PolledSlice Slice, long NextOffset, int Records, long WaitFrom = 0)
{
    /// <summary>More is there, and has no room in this batch.</summary>
    public bool IsFull { get; init; }
}

/// <summary>Reads committed records of one partition: those of a new batch, or those of a range that was fixed before.</summary>
internal sealed class RangeReader(IPartitionLogs logs, Topic topic, int partition)
{
    // A fetch brings whole batches, which are a little larger than what they deliver.
    private const int BatchRoomBytes = 64 * 1024;

    private static readonly RecordFilter Anything = (scoped in Records.Record _) => true;

    private TopicPartition At { get; } = new(topic.Name, partition);

    /// <summary>The next records, up to the limits of a batch; they may be none, and then there may be markers to pass over.</summary>
    /// <remarks>Errors: OffsetOutOfRange with the log's start as NextOffset; UnknownTopicOrPartition.</remarks>
    public async ValueTask<RangeRead> NextAsync(
        long offset, DeliverySettings settings, CancellationToken cancellationToken)
    {
        var fetched = await logs.FetchAsync(topic, partition, offset, BytesOf(settings), IsolationLevel.ReadCommitted, cancellationToken);
        if (fetched.Error != ErrorCode.None)
        {
            return new(fetched.Error, default, fetched.Offsets.LogStartOffset, 0, Math.Max(offset, fetched.Offsets.LogEndOffset));
        }

        var taken = SliceReader.Take(
            At, fetched, offset, IsolationLevel.ReadCommitted, Anything, settings.BytesMax, settings.RecordsMax, isFirst: true);
        var slice = new PolledSlice(At, taken.Batches, offset, taken.ToOffset);
        return new(ErrorCode.None, slice, taken.ToOffset, taken.Records, Math.Max(taken.ToOffset, fetched.Offsets.LogEndOffset))
        {
            // A fetch may end before the limits are met, and what it left can be had at once.
            IsFull = taken.Stop == SliceReader.Stop.PollIsFull || taken.ToOffset < fetched.Offsets.LastStableOffset,
        };
    }

    /// <summary>All that is left of a range. OffsetOutOfRange: nothing is.</summary>
    public async ValueTask<RangeRead> WholeAsync(
        RangeMark range, DeliverySettings settings, CancellationToken cancellationToken)
    {
        var bytes = BytesOf(settings);
        var batches = new ArrayBufferWriter<byte>();
        var (position, records) = (range.From, 0);
        while (position < range.To)
        {
            var fetched = await logs.FetchAsync(
                topic, partition, position, bytes, IsolationLevel.ReadCommitted, cancellationToken);
            if (fetched.Error == ErrorCode.OffsetOutOfRange && fetched.Offsets.LogStartOffset is var start && start > position)
            {
                if (start >= range.To)
                {
                    return new(ErrorCode.OffsetOutOfRange, default, range.To, 0);
                }

                position = start;
                continue;
            }

            if (fetched.Error != ErrorCode.None)
            {
                return new(fetched.Error, default, position, 0);
            }

            if (fetched.NextOffset <= position)
            {
                // The range was read once, so it is all decided; this process is to look again.
                return new(ErrorCode.RequestTimedOut, default, position, 0);
            }

            var taken = SliceReader.Take(
                At, fetched, position, IsolationLevel.ReadCommitted, Below(range.To), long.MaxValue, int.MaxValue, isFirst: true);
            batches.Write(taken.Batches.Span);
            records += taken.Records;
            position = fetched.NextOffset;
        }

        return new(ErrorCode.None, new PolledSlice(At, batches.WrittenMemory, range.From, range.To), range.To, records);
    }

    /// <summary>Waits until there may be something at an offset.</summary>
    public ValueTask<bool> WaitAsync(long offset, TimeSpan wait, CancellationToken cancellationToken) =>
        logs.WaitAsync([new(topic, partition, offset)], wait, cancellationToken);

    private static int BytesOf(DeliverySettings settings) =>
        (int)Math.Min(Limits.BlockBytesMax, settings.BytesMax + BatchRoomBytes);

    private static RecordFilter Below(long to) => (scoped in Records.Record record) => record.Offset < to;
}
