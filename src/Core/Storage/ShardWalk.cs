namespace Serverless.Core.Storage;

/// <summary>Goes through the shards of a table in turn and deletes what has expired: one shard a run, one page a step.</summary>
/// <remarks>
/// Where a process begins is told by the time, so that processes that live for one run each still come round. What is behind the place
/// where a run ended is looked at in the next one. Rows are deleted under the ETags that they were read with: one that is used meanwhile
/// stays, and the others of its page wait for the next round.
/// </remarks>
internal sealed class ShardWalk(
    IRowStore rows, TimeProvider clock, string table, int shards, TimeSpan interval, Func<int, string> partitionOf, int rowsMax)
{
    private int? _shard;
    private string? _behind;

    /// <summary>One step; true when the shard has more.</summary>
    public async ValueTask<bool> StepAsync(
        Func<StoredRow, DateTimeOffset, bool> isExpired, CancellationToken cancellationToken)
    {
        var shard = _shard ??= (int)(clock.GetUtcNow().UtcTicks / interval.Ticks % shards);
        var query = new RowQuery(partitionOf(shard), Take: Math.Min(rowsMax, StorageRules.ActionsMax));
        var page = await rows.QueryAsync(table, _behind is null ? query : query.Behind(_behind), cancellationToken);
        RowAction[] expired =
        [
            .. page.Rows.Where(row => isExpired(row, page.ServedAt)).Select(row => RowAction.Delete(row.Key.Row, row.ETag)),
        ];
        if (expired.Length > 0)
        {
            await rows.SubmitAsync(table, query.Partition, expired, cancellationToken);
        }

        _behind = page.More ? page.Rows[^1].Key.Row : null;
        _shard = page.More ? shard : (shard + 1) % shards;
        return page.More;
    }
}
