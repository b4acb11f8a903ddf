using Serverless.Core;
using Serverless.Core.Groups.Rows;
using Serverless.Core.Storage;
using Serverless.Simulation.Engine;
using Serverless.Simulation.World;

namespace Serverless.Simulation.Audit;

/// <summary>When all consumers are gone and the sweeps have run, a group is its offsets and no more; when it is deleted, it is nothing.</summary>
internal static class GroupResidue
{
    public static async Task CheckAsync(Cluster cluster, Client client, Instance instance, string group)
    {
        var audit = cluster.Audit.Group(group);
        var rows = await RowsAsync(cluster, KeyEncoding.Encode(group));
        var index = await RowsAsync(cluster, IndexRow.Partition);
        Guarantee.Holds(
            !rows.Any(row => row.StartsWith(ConsumerRow.Prefix, StringComparison.Ordinal)), "A6", $"{group} has nobody, and rows of instances.");
        Guarantee.Holds(
            audit.Row is not { Target.Owners.Count: > 0 }, "A6", $"{group} has nobody, and a target.");
        Guarantee.Holds(!index.Contains(IndexRow.LiveKey(group)), "A6", $"{group} has nobody, and the sweep visits it.");
        Guarantee.Holds(
            audit.Row is null || index.Contains(IndexRow.AllKey(group)), "A6", $"{group} is there and not listed.");

        var deleted = await client.CallAsync(
            instance, $"delete {group}", (at, cancellationToken) => at.Groups.DeleteGroupAsync(group, cancellationToken));
        Guarantee.Holds(
            deleted.Value.Error is ErrorCode.None or ErrorCode.GroupIdNotFound, "A6", $"{group} cannot be deleted: {deleted.Value}");
        Guarantee.Holds(
            (await RowsAsync(cluster, KeyEncoding.Encode(group))).Count == 0, "A6", $"{group} was deleted, and has rows.");
        Guarantee.Holds(
            deleted.Value.Error != ErrorCode.None || !(await RowsAsync(cluster, IndexRow.Partition)).Contains(IndexRow.AllKey(group)), "A6",
            $"{group} was deleted, and is listed.");
    }

    private static async Task<HashSet<string>> RowsAsync(Cluster cluster, string partition)
    {
        var page = await cluster.Rows.QueryAsync(Layout.GroupsTable, new RowQuery(partition), CancellationToken.None);
        return page.Rows.Select(row => row.Key.Row).ToHashSet(StringComparer.Ordinal);
    }
}
