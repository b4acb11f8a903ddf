using System.Collections.Concurrent;
using Serverless.Core.Storage;

namespace Serverless.Core.Transactions;

/// <summary>Producer ids, taken from one counter in blocks, and a row for each that a client produces with.</summary>
/// <remarks>
/// Upholds <b>no producer id twice</b>: the counter moves past a block before any id of it is given out. A block whose taking is not
/// known to have succeeded is passed over, and so is an id whose row may or may not have been written.
/// </remarks>
public sealed class ProducerIds(IRowStore rows, TimeProvider clock, ProducerIdOptions options) : IProducerIds
{
    /// <summary>How often the timer runs <see cref="SweepAsync"/>.</summary>
    public static TimeSpan SweepInterval { get; } = TimeSpan.FromMinutes(10);

    private readonly ConcurrentDictionary<long, (string Owner, long Since)> _known = new();
    private readonly ConcurrentDictionary<(long ProducerId, string TopicId), int> _spreads = new();
    private readonly Turnstile _block = new();
    private readonly ShardWalk _walk = new(
        rows, clock, Layout.ProducersTable, ProducerIdRow.Shards, SweepInterval, ProducerIdRow.PartitionOf, StorageRules.ActionsMax);
    private readonly ServedClock _served = new(clock);
    private long _next;
    private long _end;
    private long _takenAt;

    public async ValueTask<long> NewAsync(string owner, CancellationToken cancellationToken)
    {
        for (var tries = 0; tries < options.AttemptsMax; tries++)
        {
            var id = await TakeAsync(cancellationToken);
            var key = ProducerIdRow.KeyOf(id);
            var result = await rows.SubmitAsync(
                Layout.ProducersTable, key.Partition,
                [RowAction.Insert(key.Row, ProducerIdRow.Encode(_served.Now!.Value, owner, ProducerIdRow.NoSpreads))], cancellationToken);
            _served.Note(result.ServedAt);
            if (result.Outcome == SubmitOutcome.Committed)
            {
                Remember(id, owner);
                return id;
            }
        }

        throw new StorageException("No producer id could be written down.", retriable: true);
    }

    public ValueTask<long> NewForTransactionsAsync(CancellationToken cancellationToken) => TakeAsync(cancellationToken);

    public async ValueTask<bool> IsKnownAsync(long producerId, string owner, CancellationToken cancellationToken)
    {
        if (producerId < NextProducerIdRow.First)
        {
            return false;
        }

        if (_known.TryGetValue(producerId, out var known) && clock.GetElapsedTime(known.Since) < options.KnownFor)
        {
            return known.Owner == owner;
        }

        var key = ProducerIdRow.KeyOf(producerId);
        for (var tries = 0; tries < options.AttemptsMax; tries++)
        {
            var read = await rows.GetAsync(Layout.ProducersTable, key, cancellationToken);
            _served.Note(read.ServedAt);
            if (read.Row is not { } row || IsExpired(row, read.ServedAt))
            {
                _known.TryRemove(producerId, out _);
                return false;
            }

            if (ProducerIdRow.OwnerOf(row) != owner)
            {
                // Looked at by another, it is not used, and so it is not touched.
                return false;
            }

            var isFresh = read.ServedAt - ProducerIdRow.TouchedAt(row) <= options.TouchInterval;
            if (isFresh || await TouchAsync(row, read.ServedAt, cancellationToken))
            {
                Remember(producerId, owner);
                return true;
            }
        }

        throw new StorageException("Whether a producer id is known could not be found out.", retriable: true);
    }

    public async ValueTask<ProducerSpread?> SpreadAsync(
        long producerId, string topicId, int partitions, CancellationToken cancellationToken)
    {
        // While there is the row it does not change, and an id whose row is gone never has another.
        if (_spreads.TryGetValue((producerId, topicId), out var known))
        {
            return new ProducerSpread(ErrorCode.None, known);
        }

        var key = ProducerIdRow.KeyOf(producerId);
        for (var tries = 0; tries < options.AttemptsMax; tries++)
        {
            var read = await rows.GetAsync(Layout.ProducersTable, key, cancellationToken);
            _served.Note(read.ServedAt);
            if (read.Row is not { } row || IsExpired(row, read.ServedAt))
            {
                return null;
            }

            var spreads = ProducerIdRow.SpreadsOf(row);
            if (spreads.TryGetValue(topicId, out var stored))
            {
                return Remember(producerId, topicId, stored);
            }

            if (spreads.Count >= options.TopicsMax)
            {
                return new ProducerSpread(ErrorCode.PolicyViolation, 0);
            }

            var columns = ProducerIdRow.Encode(ProducerIdRow.TouchedAt(row), ProducerIdRow.OwnerOf(row), spreads.Add(topicId, partitions));
            var result = await rows.SubmitAsync(
                Layout.ProducersTable, key.Partition, [RowAction.Replace(key.Row, columns, row.ETag)], cancellationToken);
            if (result.Outcome == SubmitOutcome.Committed)
            {
                return Remember(producerId, topicId, partitions);
            }
        }

        throw new StorageException("Where a producer's records go could not be written down.", retriable: true);
    }

    public async ValueTask<bool> DeleteAsync(long producerId, string owner, CancellationToken cancellationToken)
    {
        _known.TryRemove(producerId, out _);
        if (producerId < NextProducerIdRow.First)
        {
            return false;
        }

        var key = ProducerIdRow.KeyOf(producerId);
        var isUnknown = false;
        for (var tries = 0; tries < options.AttemptsMax; tries++)
        {
            var read = await rows.GetAsync(Layout.ProducersTable, key, cancellationToken);
            if (read.Row is not { } row || IsExpired(row, read.ServedAt) || ProducerIdRow.OwnerOf(row) != owner)
            {
                // Gone since, by what may have been our own first try.
                return isUnknown;
            }

            var result = await rows.SubmitAsync(
                Layout.ProducersTable, key.Partition, [RowAction.Delete(key.Row, row.ETag)], cancellationToken);
            if (result.Outcome == SubmitOutcome.Committed)
            {
                _known.TryRemove(producerId, out _);
                return true;
            }

            isUnknown |= result.Outcome == SubmitOutcome.Unknown;
        }

        throw new StorageException("A producer id could not be deleted.", retriable: true);
    }

    public ValueTask<bool> SweepAsync(CancellationToken cancellationToken) => _walk.StepAsync(IsExpired, cancellationToken);

    private bool IsExpired(StoredRow row, DateTimeOffset now) => now - ProducerIdRow.TouchedAt(row) > options.Expiration;

    private async ValueTask<bool> TouchAsync(StoredRow row, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var columns = ProducerIdRow.Encode(now, ProducerIdRow.OwnerOf(row), ProducerIdRow.SpreadsOf(row));
        var result = await rows.SubmitAsync(
            Layout.ProducersTable, row.Key.Partition, [RowAction.Replace(row.Key.Row, columns, row.ETag)], cancellationToken);
        return result.Outcome == SubmitOutcome.Committed;
    }

    private void Remember(long producerId, string owner)
    {
        if (_known.Count >= options.CachedIdsMax)
        {
            _known.Clear();
        }

        _known[producerId] = (owner, clock.GetTimestamp());
    }

    private ProducerSpread Remember(long producerId, string topicId, int partitions)
    {
        if (_spreads.Count >= options.CachedIdsMax)
        {
            _spreads.Clear();
        }

        _spreads[(producerId, topicId)] = partitions;
        return new ProducerSpread(ErrorCode.None, partitions);
    }

    private async ValueTask<long> TakeAsync(CancellationToken cancellationToken)
    {
        await _block.EnterAsync(cancellationToken);
        try
        {
            if (_next == _end || clock.GetElapsedTime(_takenAt) > options.BlockAgeMax)
            {
                // Its age counts from before the question, however long the answer takes.
                var began = clock.GetTimestamp();
                (_next, _end) = await TakeBlockAsync(cancellationToken);
                _takenAt = began;
            }

            return _next++;
        }
        finally
        {
            _block.Leave();
        }
    }

    private async ValueTask<(long Next, long End)> TakeBlockAsync(CancellationToken cancellationToken)
    {
        var key = NextProducerIdRow.Key;
        for (var tries = 0; tries < options.AttemptsMax; tries++)
        {
            var read = await rows.GetAsync(Layout.ProducersTable, key, cancellationToken);
            _served.Note(read.ServedAt);
            var next = read.Row is { } row ? NextProducerIdRow.Decode(row) : NextProducerIdRow.First;
            var columns = NextProducerIdRow.Encode(next + options.BlockSize);
            var action = read.Row is null ? RowAction.Insert(key.Row, columns) : RowAction.Replace(key.Row, columns, read.Row.ETag);
            var result = await rows.SubmitAsync(Layout.ProducersTable, key.Partition, [action], cancellationToken);
            if (result.Outcome == SubmitOutcome.Committed)
            {
                return (next, next + options.BlockSize);
            }
        }

        throw new StorageException("Producer ids are taken by too many at once.", retriable: true);
    }
}
