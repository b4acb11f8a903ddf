using Serverless.Core.Groups;
using Serverless.Core.Topics;

namespace Serverless.Core.Log;

/// <summary>The logs that this instance has open. What it keeps is only knowledge of storage; any of it may be dropped.</summary>
public sealed class PartitionLogs(LogContext context) : IPartitionLogs
{
    private const int LooksAtOnce = 16;

    private readonly Lock _gate = new();
    private readonly Dictionary<(string TopicId, int Partition), LinkedListNode<OpenLog>> _open = [];
    private readonly LinkedList<OpenLog> _byUse = new();

    public ValueTask<AppendAnswer> AppendAsync(
        Topic topic, int partition, ReadOnlyMemory<byte> batch, AppendIdentity? identity, CancellationToken cancellationToken) =>
        Log(topic.Id, partition).AppendAsync(topic.Settings, batch, identity, cancellationToken);

    public ValueTask<long> KnownEndAsync(Topic topic, int partition, CancellationToken cancellationToken) =>
        Log(topic.Id, partition).KnownEndAsync(cancellationToken);

    public ValueTask<ErrorCode> EndTransactionAsync(
        string topicId, int partition, long producerId, short producerEpoch, bool commit, CancellationToken cancellationToken) =>
        Log(topicId, partition).EndTransactionAsync(producerId, producerEpoch, commit, cancellationToken);

    public ValueTask<IReadOnlyList<OpenTransaction>> OpenTransactionsAsync(
        Topic topic, int partition, CancellationToken cancellationToken) =>
        Log(topic.Id, partition).OpenTransactionsAsync(cancellationToken);

    public ValueTask<FetchAnswer> FetchAsync(
        Topic topic, int partition, long offset, int bytesMax, IsolationLevel isolation, CancellationToken cancellationToken) =>
        Log(topic.Id, partition).FetchAsync(offset, bytesMax, isolation, cancellationToken);

    public ValueTask<OffsetSnapshot> OffsetsAsync(Topic topic, int partition, CancellationToken cancellationToken) =>
        Log(topic.Id, partition).OffsetsAsync(cancellationToken);

    public ValueTask<OffsetAndTimestamp?> OffsetForTimestampAsync(
        Topic topic, int partition, long timestampMs, CancellationToken cancellationToken) =>
        Log(topic.Id, partition).OffsetForTimestampAsync(timestampMs, cancellationToken);

    public async ValueTask<bool> WaitAsync(
        IReadOnlyList<PartitionPosition> positions, TimeSpan wait, CancellationToken cancellationToken)
    {
        var began = context.Clock.GetTimestamp();
        var logs = positions.Select(at => (Log: Log(at.Topic.Id, at.Partition), at.Offset)).ToList();
        for (var round = 0; ; round++)
        {
            var waiter = new AppendWaiter();
            logs.ForEach(at => at.Log.Add(waiter));
            try
            {
                if (logs.Any(at => at.Log.KnownToHold(at.Offset)))
                {
                    return true;
                }

                var left = wait - context.Clock.GetElapsedTime(began);
                if (left <= TimeSpan.Zero)
                {
                    return false;
                }

                var pause = PauseBefore(round);
                if (await waiter.WokenAsync(pause < left ? pause : left, context.Clock, cancellationToken))
                {
                    // Another offset of the same partition may have woken us; the loop looks.
                    round--;
                    continue;
                }
            }
            finally
            {
                logs.ForEach(at => at.Log.Remove(waiter));
            }

            foreach (var some in logs.Chunk(LooksAtOnce))
            {
                var looks = await Task.WhenAll(some.Select(at => at.Log.HoldsAsync(at.Offset, cancellationToken).AsTask()));
                if (looks.Contains(true))
                {
                    return true;
                }
            }
        }
    }

    internal ValueTask CloseAsync(string topicId, int partition, CancellationToken cancellationToken) =>
        Log(topicId, partition).CloseAsync(cancellationToken);

    internal ValueTask<RetentionAnswer> RetainAsync(Topic topic, int partition, CancellationToken cancellationToken) =>
        Log(topic.Id, partition).RetainAsync(topic.Settings, cancellationToken);

    // Fast at first, then every 1.35 s: 26 looks in 30 s, which leaves some for the fetches around the wait.
    private static TimeSpan PauseBefore(int round) => TimeSpan.FromMilliseconds(Math.Min(100 << Math.Min(round, 4), 1_350));

    private PartitionLog Log(string topicId, int partition)
    {
        lock (_gate)
        {
            if (_open.TryGetValue((topicId, partition), out var node))
            {
                _byUse.Remove(node);
                _byUse.AddLast(node);
            }
            else
            {
                node = _byUse.AddLast(new OpenLog(topicId, partition, new PartitionLog(context, topicId, partition)));
                _open.Add((topicId, partition), node);
            }

            TrimNeedsLock();
            return node.Value.Log;
        }
    }

    // Drops what was used longest ago: cached bytes first, whole logs when there are too many. One that still has an
    // append under way goes on working; a second one for its partition is then just another writer.
    private void TrimNeedsLock()
    {
        while (_open.Count > context.Options.OpenLogsMax && _byUse.First is { } oldest)
        {
            _byUse.RemoveFirst();
            _open.Remove((oldest.Value.TopicId, oldest.Value.Partition));
        }

        if (++_usesSinceCount < CountEvery)
        {
            return;
        }

        _usesSinceCount = 0;
        var bytes = 0L;
        for (var node = _byUse.Last; node is not null; node = node.Previous)
        {
            bytes += node.Value.Log.CachedBytes;
            if (bytes > context.Options.CacheBytesTotal)
            {
                bytes -= node.Value.Log.CachedBytes;
                node.Value.Log.DropCache();
            }
        }
    }

    private const int CountEvery = 256;
    private int _usesSinceCount;

    private sealed record OpenLog(string TopicId, int Partition, PartitionLog Log);
}
