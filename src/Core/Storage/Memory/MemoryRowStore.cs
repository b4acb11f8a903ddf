using System.Collections.ObjectModel;

namespace Serverless.Core.Storage.Memory;

/// <summary>The reference for <see cref="IRowStore"/>: what Azure does, in one process, without chance or failure.</summary>
/// <remarks>Any number of threads may call it. Calls complete before they return, so a simulated thread never waits.</remarks>
/// <param name="clock">The service's clock.</param>
public sealed class MemoryRowStore(TimeProvider clock) : IRowStore
{
    private readonly Lock _gate = new();
    private readonly ServiceClock _clock = new(clock);
    private readonly Dictionary<(string Table, string Partition), OrdinalMap<Held>> _partitions = [];
    private long _writes;

    // A row that nobody can change is given to all who read it; of one with arrays each gets a copy.
    private readonly record struct Held(StoredRow Row, bool HasArrays)
    {
        public StoredRow Given() => HasArrays ? Row with { Columns = Copy(Row.Columns) } : Row;
    }

    public ValueTask<RowRead> GetAsync(string table, RowKey key, CancellationToken cancellationToken)
    {
        StorageRules.Get(table, key);
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            return new(new RowRead(Find_NeedsGate(table, key)?.Given(), _clock.Now()));
        }
    }

    public ValueTask<RowPage> QueryAsync(string table, RowQuery query, CancellationToken cancellationToken)
    {
        StorageRules.Query(table, query);
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            var rows = new List<StoredRow>();
            if (!_partitions.TryGetValue((table, query.Partition), out var partition))
            {
                return new(new RowPage(rows, false, _clock.Now()));
            }

            var index = partition.LowerBound(query.From ?? "");
            var end = query.To is null ? partition.Count : partition.LowerBound(query.To);
            for (; index < end && rows.Count < query.Take; index++)
            {
                rows.Add(partition.ValueAt(index).Given());
            }

            return new(new RowPage(rows, index < end, _clock.Now()));
        }
    }

    public ValueTask<SubmitResult> SubmitAsync(
        string table, string partition, IReadOnlyList<RowAction> actions, CancellationToken cancellationToken)
    {
        StorageRules.Submit(table, partition, actions);
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            foreach (var action in actions)
            {
                if (Find_NeedsGate(table, new RowKey(partition, action.Row))?.Row.ETag != action.ETag)
                {
                    return new(new SubmitResult(SubmitOutcome.Conflict, [], _clock.Now()));
                }
            }

            var etags = new string?[actions.Count];
            for (var i = 0; i < etags.Length; i++)
            {
                etags[i] = Apply_NeedsGate(table, partition, actions[i]);
            }

            return new(new SubmitResult(SubmitOutcome.Committed, etags, _clock.Now()));
        }
    }

    private Held? Find_NeedsGate(string table, RowKey key) =>
        _partitions.TryGetValue((table, key.Partition), out var rows) && rows.TryGet(key.Row, out var row) ? row : null;

    private string? Apply_NeedsGate(string table, string partition, RowAction action)
    {
        if (!_partitions.TryGetValue((table, partition), out var rows))
        {
            rows = _partitions[(table, partition)] = new OrdinalMap<Held>();
        }

        if (action.Columns is null)
        {
            rows.Remove(action.Row);
            return null;
        }

        var columns = Copy(action.Columns);
        var hasArrays = columns.Values.Any(value => value is byte[]);
        var row = new StoredRow(
            new RowKey(partition, action.Row),
            $"W/\"{++_writes:X}\"",
            hasArrays ? columns : new ReadOnlyDictionary<string, object>(columns));
        rows.Set(action.Row, new Held(row, hasArrays));
        return row.ETag;
    }

    // Neither the writer nor a reader may change a stored row through an array or a dictionary that it still holds.
    private static Dictionary<string, object> Copy(IReadOnlyDictionary<string, object> columns)
    {
        // Of a dictionary the constructor copies whole buckets.
        var copy = columns is Dictionary<string, object> table
            ? new Dictionary<string, object>(table, StringComparer.Ordinal)
            : new Dictionary<string, object>(columns, StringComparer.Ordinal);
        foreach (var (name, value) in columns)
        {
            switch (value)
            {
                case byte[] bytes:
                    copy[name] = bytes.ToArray();
                    break;
                case DateTimeOffset moment when moment.Offset != TimeSpan.Zero:
                    copy[name] = moment.ToUniversalTime();
                    break;
            }
        }

        return copy;
    }
}
