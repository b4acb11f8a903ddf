using Serverless.Core;
using Serverless.Core.Groups;
using Serverless.Core.Log;
using Serverless.Core.Records;
using Serverless.Core.Topics;
using Xunit;

namespace Serverless.Edge.Fakes;

/// <summary>Logs in memory, by topic id and partition; each append can be made to fail.</summary>
internal sealed class MemoryLogs : IPartitionLogs
{
    private readonly Dictionary<(string, int), List<byte[]>> _logs = [];

    /// <summary>Asked before each append: an exception to throw, or an error to answer.</summary>
    public Func<Topic, int, AppendAnswer?> OnAppend { get; set; } = (_, _) => null;

    public long? LastStableOffset { get; set; }

    public int Appends { get; private set; }

    /// <summary>What each append was known by, refused ones too, in their order.</summary>
    public List<(string TopicId, int Partition, AppendIdentity? Identity)> Identities { get; } = [];

    public ValueTask<AppendAnswer> AppendAsync(
        Topic topic, int partition, ReadOnlyMemory<byte> batch, AppendIdentity? identity, CancellationToken cancellationToken)
    {
        Assert.Equal(BatchCheck.Valid, RecordBatch.Check(batch.Span, out _, out _));
        Identities.Add((topic.Id, partition, identity));
        if (OnAppend(topic, partition) is { } answer)
        {
            return ValueTask.FromResult(answer);
        }

        Appends++;
        var (log, end) = (Log(topic, partition), End(topic, partition));
        var stored = batch.ToArray();
        RecordBatch.Stamp(stored, end, 0);
        log.Add(stored);
        return ValueTask.FromResult(new AppendAnswer(ErrorCode.None, end));
    }

    public ValueTask<long> KnownEndAsync(Topic topic, int partition, CancellationToken cancellationToken) =>
        ValueTask.FromResult(End(topic, partition));

    public ValueTask<ErrorCode> EndTransactionAsync(
        string topicId, int partition, long producerId, short producerEpoch, bool commit, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public ValueTask<IReadOnlyList<OpenTransaction>> OpenTransactionsAsync(
        Topic topic, int partition, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public void AppendControl(Topic topic, int partition)
    {
        var end = End(topic, partition);
        var marker = RecordBatchBuilder.BuildControl(ControlRecord.Commit, 0, [0, 0, 0, 0, 0, 0], 1, 7, 0, true);
        RecordBatch.Stamp(marker, end, 0);
        Log(topic, partition).Add(marker);
    }

    public ValueTask<FetchAnswer> FetchAsync(
        Topic topic, int partition, long offset, int bytesMax, IsolationLevel isolation, CancellationToken cancellationToken)
    {
        var offsets = Snapshot(topic, partition);
        if (offset > offsets.LogEndOffset)
        {
            return ValueTask.FromResult(new FetchAnswer(ErrorCode.OffsetOutOfRange, offsets, default, offset));
        }

        var bytes = new List<byte>();
        var next = offset;
        foreach (var batch in Log(topic, partition))
        {
            RecordBatchHeader.TryRead(batch, out var header);
            if (header.NextOffset > offset && (bytes.Count == 0 || bytes.Count + batch.Length <= bytesMax))
            {
                bytes.AddRange(batch);
                next = header.NextOffset;
            }
        }

        return ValueTask.FromResult(new FetchAnswer(ErrorCode.None, offsets, bytes.ToArray(), next));
    }

    public ValueTask<OffsetSnapshot> OffsetsAsync(Topic topic, int partition, CancellationToken cancellationToken) =>
        ValueTask.FromResult(Snapshot(topic, partition));

    public ValueTask<OffsetAndTimestamp?> OffsetForTimestampAsync(
        Topic topic, int partition, long timestampMs, CancellationToken cancellationToken)
    {
        foreach (var batch in Log(topic, partition))
        {
            using var records = RecordReader.Open(batch);
            while (records.TryRead(out var record))
            {
                if (record.Timestamp >= timestampMs)
                {
                    return ValueTask.FromResult<OffsetAndTimestamp?>(new OffsetAndTimestamp(record.Offset, record.Timestamp));
                }
            }
        }

        return ValueTask.FromResult<OffsetAndTimestamp?>(null);
    }

    public ValueTask<bool> WaitAsync(
        IReadOnlyList<PartitionPosition> positions, TimeSpan wait, CancellationToken cancellationToken) =>
        ValueTask.FromResult(positions.Any(at => End(at.Topic, at.Partition) > at.Offset));

    public ReadOnlyMemory<byte> Bytes(Topic topic, int partition) => Log(topic, partition).SelectMany(batch => batch).ToArray();

    public long End(Topic topic, int partition) =>
        Log(topic, partition) is [.., var last] && RecordBatchHeader.TryRead(last, out var header) ? header.NextOffset : 0;

    private OffsetSnapshot Snapshot(Topic topic, int partition)
    {
        var end = End(topic, partition);
        return new OffsetSnapshot(0, end, LastStableOffset ?? end);
    }

    private List<byte[]> Log(Topic topic, int partition)
    {
        if (!_logs.TryGetValue((topic.Id, partition), out var log))
        {
            _logs.Add((topic.Id, partition), log = []);
        }

        return log;
    }
}
