using Serverless.Core.Groups;
using Serverless.Core.Log;
using Serverless.Core.Records;
using Serverless.Core.Topics;
using Xunit;

namespace Serverless.Core.Tests.Groups;

/// <summary>Logs in memory, of real record batches. A wait that nothing ends makes the clock jump.</summary>
internal sealed class FakeLogs(JumpClock clock) : IPartitionLogs
{
    private readonly Dictionary<(string TopicId, int Partition), Log> _logs = [];

    /// <summary>Runs when a poll begins to wait, once: what happens meanwhile.</summary>
    public Action? OnWait { get; set; }

    public int Fetches { get; private set; }

    public int Waits { get; private set; }

    private sealed class Log
    {
        public List<byte[]> Batches { get; } = [];

        public long Start { get; set; }

        public long End { get; set; }

        public long? Stable { get; set; }

        public OffsetSnapshot Marks => new(Start, End, Stable ?? End);
    }

    /// <summary>Appends one batch with these values, without keys; gives the offset of the first.</summary>
    public long Append(Topic topic, int partition, params string[] values)
    {
        using var builder = new RecordBatchBuilder();
        foreach (var value in values)
        {
            builder.Add(
                (long)clock.Elapsed.TotalMilliseconds, [], keyIsNull: true, System.Text.Encoding.UTF8.GetBytes(value),
                valueIsNull: false);
        }

        return Append(topic, partition, builder.Build(), values.Length);
    }

    public long AppendTombstone(Topic topic, int partition)
    {
        using var builder = new RecordBatchBuilder();
        builder.Add(0, "k"u8, keyIsNull: false, [], valueIsNull: true);
        return Append(topic, partition, builder.Build(), 1);
    }

    public void AppendMarker(Topic topic, int partition) =>
        Append(topic, partition, RecordBatchBuilder.BuildControl(
            ControlRecord.Commit, 0, new byte[6], 0, producerId: 1, producerEpoch: 0, transactional: true), 1);

    public void Truncate(Topic topic, int partition, long start) => Find(topic, partition).Start = start;

    public void SetLastStableOffset(Topic topic, int partition, long? offset) => Find(topic, partition).Stable = offset;

    public long End(Topic topic, int partition) => Find(topic, partition).End;

    public ValueTask<AppendAnswer> AppendAsync(
        Topic topic, int partition, ReadOnlyMemory<byte> batch, AppendIdentity? identity, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public ValueTask<long> KnownEndAsync(Topic topic, int partition, CancellationToken cancellationToken) =>
        new(End(topic, partition));

    public ValueTask<ErrorCode> EndTransactionAsync(
        string topicId, int partition, long producerId, short producerEpoch, bool commit, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public ValueTask<IReadOnlyList<OpenTransaction>> OpenTransactionsAsync(
        Topic topic, int partition, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public ValueTask<FetchAnswer> FetchAsync(
        Topic topic, int partition, long offset, int bytesMax, IsolationLevel isolation, CancellationToken cancellationToken)
    {
        Fetches++;
        var log = Find(topic, partition);
        if (offset < log.Start || offset > log.End)
        {
            return new(new FetchAnswer(ErrorCode.OffsetOutOfRange, log.Marks, default, offset));
        }

        var bytes = new List<byte>();
        var next = offset;
        foreach (var batch in log.Batches)
        {
            Assert.True(RecordBatchHeader.TryRead(batch, out var header));
            if (header.NextOffset <= offset)
            {
                continue;
            }

            if (bytes.Count > 0 && bytes.Count + batch.Length > bytesMax)
            {
                break;
            }

            bytes.AddRange(batch);
            next = header.NextOffset;
        }

        return new(new FetchAnswer(ErrorCode.None, log.Marks, bytes.ToArray(), next));
    }

    public ValueTask<OffsetSnapshot> OffsetsAsync(Topic topic, int partition, CancellationToken cancellationToken) =>
        new(Find(topic, partition).Marks);

    public ValueTask<OffsetAndTimestamp?> OffsetForTimestampAsync(
        Topic topic, int partition, long timestampMs, CancellationToken cancellationToken)
    {
        foreach (var batch in Find(topic, partition).Batches)
        {
            Assert.True(RecordBatchHeader.TryRead(batch, out var header));
            if (header.BaseTimestamp >= timestampMs)
            {
                return new(new OffsetAndTimestamp(header.BaseOffset, header.BaseTimestamp));
            }
        }

        return new((OffsetAndTimestamp?)null);
    }

    public ValueTask<bool> WaitAsync(
        IReadOnlyList<PartitionPosition> positions, TimeSpan wait, CancellationToken cancellationToken)
    {
        Waits++;
        Assert.True(Waits < 10_000, "A poll spins.");
        var meanwhile = OnWait;
        OnWait = null;
        meanwhile?.Invoke();
        cancellationToken.ThrowIfCancellationRequested();
        cancellationToken.ThrowIfCancellationRequested();
        if (positions.Any(at => Find(at.Topic, at.Partition).End > at.Offset))
        {
            return new(true);
        }

        clock.Advance(wait);
        return new(false);
    }

    private long Append(Topic topic, int partition, byte[] batch, int records)
    {
        var log = Find(topic, partition);
        RecordBatch.Stamp(batch, log.End, 0);
        log.Batches.Add(batch);
        log.End += records;
        return log.End - records;
    }

    private Log Find(Topic topic, int partition)
    {
        if (!_logs.TryGetValue((topic.Id, partition), out var log))
        {
            _logs.Add((topic.Id, partition), log = new Log());
        }

        return log;
    }
}
