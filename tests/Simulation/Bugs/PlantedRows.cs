using Serverless.Core.Storage;
using Serverless.Core.Storage.Rows;

namespace Serverless.Simulation.Bugs;

/// <summary>The row port, with a mistake between it and the log.</summary>
internal sealed class PlantedRows(IRowStore rows, PlantedBug bug, TimeProvider clock) : IRowStore
{
    private readonly Dictionary<RowKey, RowRead> _first = [];

    public async ValueTask<RowRead> GetAsync(string table, RowKey key, CancellationToken cancellationToken)
    {
        if (bug == PlantedBug.BelievesFirstStart && key.Row == LogStartRow.Row && _first.TryGetValue(key, out var first))
        {
            return first;
        }

        var read = await rows.GetAsync(table, key, cancellationToken);
        _first.TryAdd(key, read);
        return bug == PlantedBug.LocalClock ? read with { ServedAt = clock.GetUtcNow() } : read;
    }

    public async ValueTask<RowPage> QueryAsync(string table, RowQuery query, CancellationToken cancellationToken)
    {
        var page = await rows.QueryAsync(table, query, cancellationToken);
        return bug == PlantedBug.LocalClock ? page with { ServedAt = clock.GetUtcNow() } : page;
    }

    public async ValueTask<SubmitResult> SubmitAsync(
        string table, string partition, IReadOnlyList<RowAction> actions, CancellationToken cancellationToken)
    {
        if (bug == PlantedBug.LeavesRows && table == Layout.CheckpointsTable
            && actions.All(action => action.Kind == RowActionKind.Delete))
        {
            return new SubmitResult(SubmitOutcome.Committed, [.. actions.Select(_ => (string?)null)], clock.GetUtcNow());
        }

        if (bug == PlantedBug.LastDecisionWins && table == Layout.TransactionsTable && actions is [{ Kind: RowActionKind.Replace } only]
            && await rows.GetAsync(table, new RowKey(partition, only.Row), cancellationToken) is { Row: { } now })
        {
            actions = [only with { ETag = now.ETag }];
        }

        if (bug == PlantedBug.FreesNameAtOnce && table == Layout.TopicsTable && actions is [{ Kind: RowActionKind.Insert }])
        {
            // The network may always do that: with this mistake it is what brings a topic back.
            _ = RepeatedAsync(table, partition, actions);
        }

        var result = await rows.SubmitAsync(table, partition, [.. actions.Select(Spoiled)], cancellationToken);
        return bug == PlantedBug.ConflictIsSuccess && result.Outcome == SubmitOutcome.Conflict
            ? result with { Outcome = SubmitOutcome.Committed, ETags = [.. actions.Select(action => action.ETag)] }
            : result;
    }

    private async Task RepeatedAsync(string table, string partition, IReadOnlyList<RowAction> actions)
    {
        await Task.Delay(TimeSpan.FromMinutes(2), clock);
        await rows.SubmitAsync(table, partition, actions, CancellationToken.None);
    }

    private RowAction Spoiled(RowAction action)
    {
        if (bug == PlantedBug.LyingCheckpoint && action.Row.StartsWith(CheckpointRow.Prefix, StringComparison.Ordinal)
            && action.Columns is { } columns)
        {
            return action with
            {
                Columns = new Dictionary<string, object>(columns) { ["position"] = (long)columns["position"] + 1 },
            };
        }

        return bug == PlantedBug.FreesNameAtOnce && action is { Kind: RowActionKind.Replace, Columns: { } topic }
            && topic.TryGetValue("freed", out var freed) && freed is true
                ? RowAction.Delete(action.Row, action.ETag!)
                : action;
    }
}
