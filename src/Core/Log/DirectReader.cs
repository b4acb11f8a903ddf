using Serverless.Core.Groups;
using Serverless.Core.Records;
using Serverless.Core.Telemetry;
using Serverless.Core.Topics;

namespace Serverless.Core.Log;

/// <summary>One read of a partition without a consumer.</summary>
public sealed record ReadRequest
{
    /// <summary>How long to wait for a first record.</summary>
    public required TimeSpan Wait { get; init; }

    /// <summary>Says that the time of the wait is over, however much of it is left: the read answers with what there is.</summary>
    public CancellationToken WaitIsOver { get; init; }

    /// <summary>Key and value bytes; the first record comes whatever its size.</summary>
    public required long MaxBytes { get; init; }

    public required int MaxRecords { get; init; }

    public IsolationLevel IsolationLevel { get; init; }

    /// <summary>A record that it refuses ends the read before it; when it is the first, the answer is InvalidRecord at its offset.</summary>
    public required RecordFilter Showable { get; init; }
}

/// <summary>The records of a read, or why there are none. <c>ErrorOffset</c> is the place of an InvalidRecord.</summary>
public sealed record ReadAnswer(ErrorCode Error, PolledSlice Slice, bool More, long ErrorOffset = -1);

/// <summary>Reads a partition from any offset on, and waits for records where there are none yet.</summary>
public sealed class DirectReader(IPartitionLogs logs, TimeProvider clock, LogMetrics? watch = null)
{
    private const int FetchBytesMin = 64 * 1024;

    private readonly LogMetrics _metrics = watch ?? LogMetrics.None;

    /// <summary>Errors: OffsetOutOfRange, UnknownTopicOrPartition, InvalidRecord.</summary>
    public async ValueTask<ReadAnswer> ReadAsync(
        Topic topic, int partition, long offset, ReadRequest request, CancellationToken cancellationToken)
    {
        using var fetching = MessagingOperation.Start(MessagingKind.Fetch, _metrics, clock, topic.Name);
        var (answer, records) = await FindAsync(topic, partition, offset, request, cancellationToken);
        _metrics.Consumed(MessagingKind.Fetch, topic.Name, group: null, records);
        fetching?.Deliver([answer.Slice], records);
        fetching?.End(answer.Error);
        return answer;
    }

    private async ValueTask<(ReadAnswer Answer, int Records)> FindAsync(
        Topic topic, int partition, long offset, ReadRequest request, CancellationToken cancellationToken)
    {
        var at = new TopicPartition(topic.Name, partition);
        var fetchBytes = (int)Math.Clamp(request.MaxBytes, FetchBytesMin, Limits.BlockBytesMax);
        var start = clock.GetTimestamp();
        while (true)
        {
            var fetched = await logs.FetchAsync(topic, partition, offset, fetchBytes, request.IsolationLevel, cancellationToken);
            if (fetched.Error != ErrorCode.None)
            {
                return (new ReadAnswer(fetched.Error, new PolledSlice(at, default, offset, offset), false), 0);
            }

            var end = request.IsolationLevel == IsolationLevel.ReadCommitted
                ? fetched.Offsets.LastStableOffset
                : fetched.Offsets.LogEndOffset;
            var picked = Pick(at, fetched.Batches.Span, offset, end, request);
            if (picked.Count > 0)
            {
                var slice = new PolledSlice(at, fetched.Batches, offset, picked.ToOffset);
                return (new ReadAnswer(ErrorCode.None, slice, picked.ToOffset < end), picked.Count);
            }

            if (picked.RefusedOffset >= 0)
            {
                return (new ReadAnswer(ErrorCode.InvalidRecord, new PolledSlice(at, default, offset, offset), false, picked.RefusedOffset), 0);
            }

            // Nothing but control records: go on behind them.
            if (fetched.NextOffset > offset && fetched.NextOffset <= end)
            {
                offset = fetched.NextOffset;
                continue;
            }

            // What lies between the last stable offset and the end is undecided: only something new changes that.
            var next = new PartitionPosition(topic, partition, Math.Max(offset, fetched.Offsets.LogEndOffset));
            var left = request.Wait - clock.GetElapsedTime(start);
            if (left <= TimeSpan.Zero || !await Waiting.UntilAsync(
                over => logs.WaitAsync([next], left, over), request.WaitIsOver, cancellationToken))
            {
                return (new ReadAnswer(ErrorCode.None, new PolledSlice(at, default, offset, offset), false), 0);
            }
        }
    }

    private static Picked Pick(TopicPartition at, ReadOnlySpan<byte> batches, long from, long end, ReadRequest request)
    {
        try
        {
            return Pick(batches, from, end, request);
        }
        catch (InvalidRecordException broken)
        {
            throw new CorruptLogException($"the log of {at}, read from offset {from}", broken.Position, broken.Message);
        }
    }

    private static Picked Pick(ReadOnlySpan<byte> batches, long from, long end, ReadRequest request)
    {
        var (count, bytes, to) = (0, 0L, from);
        var reader = new RecordBatchReader(batches);
        while (reader.TryRead(out var header, out var batch))
        {
            if (header.IsControl || header.NextOffset <= from)
            {
                continue;
            }

            using var records = RecordReader.Open(batch);
            while (records.TryRead(out var record))
            {
                if (record.Offset < from)
                {
                    continue;
                }

                bytes += record.Key.Length + record.Value.Length;
                if (record.Offset >= end || count == request.MaxRecords || (count > 0 && bytes > request.MaxBytes))
                {
                    return new Picked(count, to, -1);
                }

                if (!request.Showable(record))
                {
                    return new Picked(count, to, record.Offset);
                }

                (count, to) = (count + 1, record.Offset + 1);
            }
        }

        return new Picked(count, to, -1);
    }

    private readonly record struct Picked(int Count, long ToOffset, long RefusedOffset);
}
