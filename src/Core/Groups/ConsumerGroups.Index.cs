using Serverless.Core.Groups.Rows;
using Serverless.Core.Storage;

namespace Serverless.Core.Groups;

/// <content>The list of groups, and of those that the sweep visits.</content>
public sealed partial class ConsumerGroups
{
    public async ValueTask<GroupPage> ListGroupsAsync(string? after, int groupsMax, CancellationToken cancellationToken)
    {
        var query = RowQuery.Prefix(IndexRow.Partition, IndexRow.AllPrefix, groupsMax);
        var page = await _store.QueryAsync(
            GroupRows.Table, after is null ? query : query.Behind(IndexRow.AllKey(after)), cancellationToken);
        return new([.. page.Rows.Select(row => IndexRow.Decode(row.Columns).Group)], page.More && page.Rows.Count > 0);
    }

    // Both rows, new or touched, before an instance comes into being.
    private async ValueTask IndexAsync(string group, CancellationToken cancellationToken)
    {
        await TouchAsync(group, IndexRow.AllKey(group), cancellationToken);
        await TouchAsync(group, IndexRow.LiveKey(group), cancellationToken);
    }

    private ValueTask ListedAsync(string group, CancellationToken cancellationToken) =>
        TouchAsync(group, IndexRow.AllKey(group), cancellationToken);

    private async ValueTask TouchAsync(string group, string key, CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < _options.AttemptsMax; attempt++)
        {
            var (row, servedAt) = await _store.GetAsync(GroupRows.Table, new(IndexRow.Partition, key), cancellationToken);

            // Touched a moment ago, by whomever: who would remove it waits much longer than that.
            if (row is not null && servedAt - IndexRow.Decode(row.Columns).TouchedAt < _options.IndexGrace / 3)
            {
                return;
            }

            var columns = new IndexRow(group, servedAt).Encode();
            var result = await _store.SubmitAsync(
                GroupRows.Table, IndexRow.Partition,
                [row is null ? RowAction.Insert(key, columns) : RowAction.Replace(key, columns, row.ETag)],
                cancellationToken);
            if (result.Outcome == SubmitOutcome.Committed)
            {
                return;
            }

            await _rows.PauseAsync(attempt, cancellationToken);
        }

        throw new StorageException($"Group {group} could not be entered in the list of groups.", retriable: true);
    }

    private async ValueTask<IReadOnlyList<StoredRow>> IndexRowsAsync(string group, CancellationToken cancellationToken)
    {
        var all = await _store.GetAsync(
            GroupRows.Table, new(IndexRow.Partition, IndexRow.AllKey(group)), cancellationToken);
        var live = await _store.GetAsync(
            GroupRows.Table, new(IndexRow.Partition, IndexRow.LiveKey(group)), cancellationToken);
        return [.. new[] { all.Row, live.Row }.OfType<StoredRow>()];
    }

    // Where a row was touched since, a group of that name is being made anew, and it stays.
    private async ValueTask DropAsync(IReadOnlyList<StoredRow> rows, CancellationToken cancellationToken)
    {
        foreach (var row in rows)
        {
            await _store.SubmitAsync(
                GroupRows.Table, IndexRow.Partition, [RowAction.Delete(row.Key.Row, row.ETag)], cancellationToken);
        }
    }

    private static string RowsAfter(RowPage page) => page.Rows[^1].Key.Row + GroupRows.LeastCharacter;
}
