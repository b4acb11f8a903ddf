using Serverless.Core.Groups;
using Serverless.Core.Topics;

namespace Serverless.Core.Log;

/// <summary>One partition's log as one instance works it: its end, its appends, its reads, its retention.</summary>
internal sealed class PartitionLog
{
    private readonly PartitionTail _tails;
    private readonly PartitionAppender _appender;
    private readonly IdentifiedAppends _identified;
    private readonly LogEnd _end;
    private readonly PartitionReader _reader;
    private readonly CommittedReader _committed;
    private readonly TimestampSearch _timestamps;
    private readonly PartitionRetention _retention;

    public PartitionLog(LogContext context, string topicId, int partition)
    {
        var rows = new PartitionRows(context.Rows, topicId, partition);
        _tails = new PartitionTail(context, topicId, partition, rows);
        _appender = new PartitionAppender(context, new BlockSender(context, _tails, rows));
        _end = new LogEnd(context, _tails, rows);
        _reader = new PartitionReader(context, _tails, rows);
        _committed = new CommittedReader(context, _tails, rows, _reader);
        _identified = new IdentifiedAppends(context, _tails, _appender, _reader);
        _timestamps = new TimestampSearch(context, _tails, rows, _reader);
        _retention = new PartitionRetention(context, topicId, partition, _tails, _end, _reader, rows);
    }

    public int CachedBytes => _tails.CachedBytes;

    public ValueTask<AppendAnswer> AppendAsync(
        TopicSettings settings, ReadOnlyMemory<byte> batch, AppendIdentity? identity, CancellationToken cancellationToken) =>
        identity is null
            ? _appender.AppendAsync(settings, batch, identity: null, cancellationToken)
            : _identified.AppendAsync(settings, batch, identity, cancellationToken);

    public ValueTask<FetchAnswer> FetchAsync(
        long offset, int bytesMax, IsolationLevel isolation, CancellationToken cancellationToken) =>
        isolation == IsolationLevel.ReadUncommitted
            ? _reader.FetchAsync(offset, bytesMax, cancellationToken)
            : _committed.FetchAsync(offset, bytesMax, cancellationToken);

    public async ValueTask<long> KnownEndAsync(CancellationToken cancellationToken) =>
        (await _tails.OpenAsync(cancellationToken)).NextOffset;

    public async ValueTask<ErrorCode> EndTransactionAsync(
        long producerId, short producerEpoch, bool commit, CancellationToken cancellationToken)
    {
        try
        {
            return (await _appender.EndTransactionAsync(producerId, producerEpoch, commit, cancellationToken)).Error;
        }
        catch (CorruptLogException)
        {
            if ((await _tails.RefreshStartAsync(cancellationToken)).Closed)
            {
                // Its bytes are wrong, and its topic is deleted: nobody reads them any more.
                return ErrorCode.UnknownTopicOrPartition;
            }

            throw;
        }
    }

    public async ValueTask<IReadOnlyList<OpenTransaction>> OpenTransactionsAsync(CancellationToken cancellationToken) =>
        [.. (await _tails.RefreshAsync(cancellationToken)).Producers.Open];

    public ValueTask<OffsetAndTimestamp?> OffsetForTimestampAsync(long timestampMs, CancellationToken cancellationToken) =>
        _timestamps.FindAsync(timestampMs, cancellationToken);

    public async ValueTask<OffsetSnapshot> OffsetsAsync(CancellationToken cancellationToken)
    {
        var start = await _tails.RefreshStartAsync(cancellationToken);
        var tail = await _tails.RefreshAsync(cancellationToken);
        return new OffsetSnapshot(Math.Max(start.Offset, _tails.Start.Offset), tail.NextOffset, tail.LastStableOffset);
    }

    /// <summary>Whether there is something at or past an offset, as far as is known without a look.</summary>
    public bool KnownToHold(long offset) => _tails.Known is { } tail && tail.NextOffset > offset;

    /// <summary>Whether there is something at or past an offset, by a look at storage.</summary>
    public async ValueTask<bool> HoldsAsync(long offset, CancellationToken cancellationToken)
    {
        var tail = await _tails.RefreshAsync(cancellationToken);
        return tail.Closed || tail.NextOffset > offset;
    }

    public ValueTask CloseAsync(CancellationToken cancellationToken) => _end.CloseAsync(cancellationToken);

    public ValueTask<RetentionAnswer> RetainAsync(TopicSettings settings, CancellationToken cancellationToken) =>
        _retention.RetainAsync(settings, cancellationToken);

    public void Add(AppendWaiter waiter) => _tails.Add(waiter);

    public void Remove(AppendWaiter waiter) => _tails.Remove(waiter);

    public void DropCache() => _tails.DropCache();
}
