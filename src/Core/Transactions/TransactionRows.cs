using Serverless.Core.Storage;
using Serverless.Core.Telemetry;
using Serverless.Core.Transactions.Rows;

namespace Serverless.Core.Transactions;

/// <summary>A transactional id as it was read or written last; no row where it is not known.</summary>
/// <param name="ServedAt">The storage service's clock then.</param>
/// <param name="KnownAt">This process's monotonic clock when that answer was there.</param>
internal sealed record StoredTransaction(
    string TransactionalId, TransactionRow? Row, string? ETag, DateTimeOffset ServedAt, long KnownAt);

/// <summary>The rows of transactional ids: read, remembered, and replaced under their ETags.</summary>
internal sealed class TransactionRows(IRowStore store, IIdSource ids, TimeProvider clock, Random random, TransactionOptions options, LogMetrics? watch = null)
{
    private readonly Backoff _backoff = new(clock, random, options.BackoffMin, options.BackoffMax);
    private readonly Lock _gate = new();
    private readonly Dictionary<string, StoredTransaction> _remembered = [];
    private readonly Queue<string> _byAge = new();

    public LogMetrics Metrics { get; } = watch ?? LogMetrics.None;

    public TimeProvider Clock => clock;

    public TransactionOptions Options => options;

    public IIdSource Ids => ids;

    public IRowStore Store => store;

    /// <summary>As this process knew it last; what is decided on it is safe by its ETag alone. Null where it knows nothing.</summary>
    public StoredTransaction? Remembered(string transactionalId)
    {
        lock (_gate)
        {
            return _remembered.GetValueOrDefault(transactionalId);
        }
    }

    /// <summary>As storage has it now.</summary>
    public async ValueTask<StoredTransaction> ReadAsync(string transactionalId, CancellationToken cancellationToken)
    {
        var read = await store.GetAsync(Layout.TransactionsTable, TransactionRow.KeyOf(transactionalId), cancellationToken);
        var row = read.Row is { } stored ? TransactionRowCodec.Decode(stored) : null;
        return Remember(new(transactionalId, row, read.Row?.ETag, read.ServedAt, clock.GetTimestamp()));
    }

    /// <summary>Sends a change once: an insertion where there was no row. What was stored, where it is known that it was.</summary>
    public async ValueTask<(SubmitOutcome Outcome, StoredTransaction? Stored)> SubmitAsync(
        StoredTransaction former, TransactionRow next, CancellationToken cancellationToken)
    {
        var key = TransactionRow.KeyOf(former.TransactionalId);
        next = next with { TouchedAt = Now(former) };
        var columns = next.Encode();
        var result = await store.SubmitAsync(
            Layout.TransactionsTable, key.Partition,
            [former.ETag is { } etag ? RowAction.Replace(key.Row, columns, etag) : RowAction.Insert(key.Row, columns)],
            cancellationToken);
        if (result.Outcome != SubmitOutcome.Committed)
        {
            return (result.Outcome, null);
        }

        Count(former.Row?.State, next.State);
        return (result.Outcome, Remember(
            new(former.TransactionalId, next, result.ETags[0], result.ServedAt, clock.GetTimestamp())));
    }

    /// <summary>
    /// The service's clock now, as far as this process can tell without asking: never later than it is, as a process that stands
    /// still does not see the time pass. Good for writing when something began, not for ending it.
    /// </summary>
    public DateTimeOffset Now(StoredTransaction known) => known.ServedAt + clock.GetElapsedTime(known.KnownAt);

    public Task PauseAsync(int attempt, CancellationToken cancellationToken) => _backoff.PauseAsync(attempt, cancellationToken);

    private void Count(TransactionState? before, TransactionState now)
    {
        if (before == now)
        {
            return;
        }

        switch (now)
        {
            case TransactionState.Ongoing:
                Metrics.TransactionBegun();
                break;
            case TransactionState.PrepareCommit or TransactionState.PrepareAbort:
                Metrics.TransactionEnded(committed: now == TransactionState.PrepareCommit);
                break;
        }
    }

    // An older one that comes later costs a conflict, and nothing else.
    private StoredTransaction Remember(StoredTransaction stored)
    {
        lock (_gate)
        {
            if (stored.Row is null)
            {
                _remembered.Remove(stored.TransactionalId);
                return stored;
            }

            if (_remembered.TryAdd(stored.TransactionalId, stored))
            {
                _byAge.Enqueue(stored.TransactionalId);
                while (_byAge.Count > options.RememberedMax)
                {
                    _remembered.Remove(_byAge.Dequeue());
                }
            }
            else
            {
                _remembered[stored.TransactionalId] = stored;
            }

            return stored;
        }
    }
}
