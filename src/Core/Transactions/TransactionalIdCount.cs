using Serverless.Core.Storage;
using Serverless.Core.Transactions.Rows;

namespace Serverless.Core.Transactions;

/// <summary>How many transactional ids there are: counted now and then, and those that this process makes at once.</summary>
internal sealed class TransactionalIdCount(IRowStore store, TimeProvider clock, TransactionOptions options)
{
    private sealed record Counted(int Rows, long At);

    private Counted? _counted;
    private int _made;

    /// <summary>Whether one more may be made. Costs nothing but once in a while, and then a query a shard and thousand ids.</summary>
    public async ValueTask<bool> HasRoomAsync(CancellationToken cancellationToken)
    {
        if (_counted is not { } known || clock.GetElapsedTime(known.At) >= options.CountAgeMax)
        {
            // What is made while it is counted may be counted twice until the next time.
            var at = clock.GetTimestamp();
            Volatile.Write(ref _made, 0);
            var shards = await Task.WhenAll(TransactionRow.AllShards.Select(shard => CountAsync(shard, cancellationToken)));
            _counted = known = new Counted(shards.Sum(), at);
        }

        return known.Rows + Volatile.Read(ref _made) < options.IdsMax;
    }

    /// <summary>This process has made one.</summary>
    public void Made() => Interlocked.Increment(ref _made);

    private async Task<int> CountAsync(string shard, CancellationToken cancellationToken)
    {
        var query = new RowQuery(shard);
        for (var rows = 0; ;)
        {
            var page = await store.QueryAsync(Layout.TransactionsTable, query, cancellationToken);
            rows += page.Rows.Count;
            if (!page.More || page.Rows.Count == 0 || rows >= options.IdsMax)
            {
                return rows;
            }

            query = query.Behind(page.Rows[^1].Key.Row);
        }
    }
}
