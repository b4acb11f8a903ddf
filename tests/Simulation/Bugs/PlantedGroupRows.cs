using Serverless.Core;
using Serverless.Core.Groups.Assignors;
using Serverless.Core.Groups.Rows;
using Serverless.Core.Storage;

namespace Serverless.Simulation.Bugs;

/// <summary>The row port, with a mistake between it and the groups.</summary>
internal sealed class PlantedGroupRows(IRowStore rows, PlantedBug bug, TimeProvider clock) : IRowStore
{
    private static readonly DateTimeOffset Never = DateTimeOffset.UnixEpoch + TimeSpan.FromDays(1);

    // Rows as this process read or wrote them last.
    private readonly Dictionary<RowKey, IReadOnlyDictionary<string, object>> _known = [];
    private readonly Dictionary<string, long> _committed = [];

    public ValueTask<RowRead> GetAsync(string table, RowKey key, CancellationToken cancellationToken) =>
        rows.GetAsync(table, key, cancellationToken);

    public async ValueTask<RowPage> QueryAsync(string table, RowQuery query, CancellationToken cancellationToken)
    {
        var page = await rows.QueryAsync(table, query, cancellationToken);
        if (table != Layout.GroupsTable || query.Partition == IndexRow.Partition)
        {
            return page;
        }

        foreach (var row in page.Rows)
        {
            _known[row.Key] = row.Columns;
        }

        return bug switch
        {
            PlantedBug.ExpiresByLocalClock => page with { ServedAt = clock.GetUtcNow() },
            PlantedBug.NeverExpires => page with { ServedAt = Never },
            PlantedBug.ClaimsOnAGuess => page with { Rows = [.. Guessed(page)] },
            PlantedBug.LostReplyIsLost => page with { Rows = [.. page.Rows.Select(WithoutStamps)] },
            _ => page,
        };
    }

    public async ValueTask<SubmitResult> SubmitAsync(
        string table, string partition, IReadOnlyList<RowAction> actions, CancellationToken cancellationToken)
    {
        if (table != Layout.GroupsTable)
        {
            return await rows.SubmitAsync(table, partition, actions, cancellationToken);
        }

        if (partition == IndexRow.Partition)
        {
            return bug == PlantedBug.StaysListed && actions is [{ Kind: RowActionKind.Delete }]
                ? new SubmitResult(SubmitOutcome.Committed, [null], clock.GetUtcNow())
                : await rows.SubmitAsync(table, partition, actions, cancellationToken);
        }

        var sent = Spoiled(partition, actions);
        var result = await rows.SubmitAsync(table, partition, sent, cancellationToken);
        for (var tries = 0; bug == PlantedBug.RetriesForEver && result.Outcome == SubmitOutcome.Conflict && tries < 2_000; tries++)
        {
            result = await rows.SubmitAsync(table, partition, sent, cancellationToken);
        }

        if (result.Outcome == SubmitOutcome.Unknown && bug == PlantedBug.CommitFailsForGood
            && sent.Any(action => IsCommit(partition, action) && ((string)action.Columns!["metadata"]).Length > 0))
        {
            throw new LostReplyException();
        }

        if (result.Outcome == SubmitOutcome.Conflict && bug == PlantedBug.GroupConflictIsSuccess)
        {
            return result with { Outcome = SubmitOutcome.Committed, ETags = [.. actions.Select(action => action.ETag)] };
        }

        if (result.Outcome == SubmitOutcome.Conflict && bug == PlantedBug.LastWriteWins)
        {
            result = await OverwriteAsync(partition, sent, cancellationToken) ?? result;
        }

        if (result.Outcome == SubmitOutcome.Committed)
        {
            foreach (var action in sent.Where(action => action.Columns is not null))
            {
                _known[new(partition, action.Row)] = action.Columns!;
            }
        }

        return result;
    }

    private IReadOnlyList<RowAction> Spoiled(string partition, IReadOnlyList<RowAction> actions) => bug switch
    {
        PlantedBug.CommitsItsOwnPoll => [.. actions.Select(action => CommittingItself(partition, action))],
        PlantedBug.StartsWhereItRemembers => [.. actions.Select(action => Remembering(partition, action))],
        PlantedBug.CommitsFromMemory => [.. actions.Select(action => FromMemory(partition, action))],
        PlantedBug.LeavesItsRow => [.. actions.Select(action => Kept(partition, action))],
        PlantedBug.UnfairTarget => [.. actions.Select(action => WithTarget(partition, action, Unfair))],
        PlantedBug.MovesTooMany => [.. actions.Select(action => WithTarget(partition, action, Swapped))],
        PlantedBug.EpochStays => [.. actions.Select(EpochOf)],
        _ => actions,
    };

    // Half of the lease is over: it will be dead.
    private static IEnumerable<StoredRow> Guessed(RowPage page)
    {
        var silent = page.Rows.Where(row => row.Key.Row.StartsWith(ConsumerRow.Prefix, StringComparison.Ordinal))
            .Select(row => ConsumerRowCodec.Decode(row.Columns))
            .Where(consumer => consumer.IsMember && page.ServedAt > consumer.Lease - (consumer.Settings.SessionTimeout / 2))
            .Select(consumer => consumer.Incarnation).ToHashSet();
        foreach (var row in page.Rows)
        {
            yield return IsPartition(row.Key.Row) && silent.Contains((string)row.Columns["owner"])
                ? row with { Columns = With(row.Columns, "owner", "") }
                : row;
        }
    }

    private static StoredRow WithoutStamps(StoredRow row) =>
        row.Columns.ContainsKey("requests") ? row with { Columns = With(row.Columns, "requests", "") } : row;

    private RowAction CommittingItself(string partition, RowAction action) =>
        IsPartition(action.Row) && action.Columns is { } columns && (long)columns["delivered"] >= 0
        && _known.TryGetValue(new(partition, action.Row), out var was) && (long)was["position"] < (long)columns["position"]
            ? action with { Columns = With(With(columns, "committed", columns["delivered"]), "delivered", -1L) }
            : action;

    private RowAction Remembering(string partition, RowAction action) =>
        IsPartition(action.Row) && action.Columns is { } columns && (string)columns["owner"] is { Length: > 0 } owner
        && _known.TryGetValue(new(partition, action.Row), out var was) && (string)was["owner"] != owner
        && Equals(was["topicId"], columns["topicId"]) && (long)was["position"] > (long)columns["position"]
            ? action with { Columns = With(columns, "position", was["position"]) }
            : action;

    private RowAction FromMemory(string partition, RowAction action)
    {
        if (!IsCommit(partition, action))
        {
            return action;
        }

        var committed = (long)action.Columns!["committed"];
        var remembered = _committed.GetValueOrDefault(action.Row, committed);
        _committed[action.Row] = committed;
        return remembered < committed ? action with { Columns = With(action.Columns, "committed", remembered) } : action;
    }

    private bool IsCommit(string partition, RowAction action) =>
        IsPartition(action.Row) && action.Columns is { } columns && _known.TryGetValue(new(partition, action.Row), out var was)
        && (!Equals(was["committed"], columns["committed"]) || !Equals(was["metadata"], columns["metadata"]));

    private RowAction Kept(string partition, RowAction action) =>
        action.Kind == RowActionKind.Delete && action.Row.StartsWith(ConsumerRow.Prefix, StringComparison.Ordinal)
            ? RowAction.Replace(
                action.Row,
                With(
                    With(_known[new(partition, action.Row)], "incarnation", ""), "expires",
                    (clock.GetUtcNow() + TimeSpan.FromDays(10)).ToUnixTimeMilliseconds()),
                action.ETag!)
            : action;

    private static RowAction EpochOf(RowAction action) =>
        action.Row == GroupRow.RowKey && action.Columns is { } columns && GroupRow.Decode(columns) is { Epoch: > 1 } group
            ? action with { Columns = With(columns, "epoch", group.Epoch - 1) }
            : action;

    // Where the epoch rises, and by `uniform`: with the others partitions may move more than they must.
    private RowAction WithTarget(
        string partition, RowAction action,
        Func<GroupTarget, GroupTarget, IEnumerable<(TopicPartition At, string Owner)>> changed)
    {
        if (action.Row != GroupRow.RowKey || action.Columns is not { } columns)
        {
            return action;
        }

        var group = GroupRow.Decode(columns);
        if (group.Assignor != Assignor.Uniform
            || (_known.TryGetValue(new(partition, action.Row), out var was) && Equals(was["epoch"], columns["epoch"])))
        {
            return action;
        }

        var owners = group.Target.Owners;
        var former = was is null ? GroupTarget.Empty : GroupRow.Decode(was).Target;
        foreach (var (at, owner) in changed(former, group.Target))
        {
            owners = owners.SetItem(at, owner);
        }

        var target = new GroupTarget(group.Target.Topics, group.Target.Members, owners);
        return action with { Columns = (group with { Target = target }).Encode() };
    }

    private static IEnumerable<(TopicPartition At, string Owner)> Unfair(GroupTarget former, GroupTarget target)
    {
        var most = target.Members.OrderBy(member => target.Of(member.Id).Count).LastOrDefault();
        return target.Owners.Where(owner => owner.Value != most.Id).Take(1).Select(owner => (owner.Key, most.Id));
    }

    // One that stays for one that its owner did not have either: a swap of two that are free to go is none too many.
    private static IEnumerable<(TopicPartition At, string Owner)> Swapped(GroupTarget former, GroupTarget target) =>
        target.Owners.Where(stays => former.Gives(stays.Key, stays.Value))
            .SelectMany(stays => target.Owners
                .Where(other => other.Value != stays.Value && !former.Gives(other.Key, stays.Value))
                .Select(other => new[] { (stays.Key, other.Value), (other.Key, stays.Value) }))
            .FirstOrDefault() ?? [];

    // Only where it is the same membership still: what differs then is what others, or another request of it, wrote.
    private async ValueTask<SubmitResult?> OverwriteAsync(
        string partition, IReadOnlyList<RowAction> actions, CancellationToken cancellationToken)
    {
        var page = await rows.QueryAsync(Layout.GroupsTable, new RowQuery(partition), cancellationToken);
        var stored = page.Rows.ToDictionary(row => row.Key.Row);
        var fits = actions.All(action => action.Kind == RowActionKind.Replace && stored.TryGetValue(action.Row, out var row)
            && (IsPartition(action.Row)
                || (action.Row != GroupRow.RowKey && Equals(row.Columns["incarnation"], action.Columns!["incarnation"]))));
        return fits
            ? await rows.SubmitAsync(
                Layout.GroupsTable, partition, [.. actions.Select(action => action with { ETag = stored[action.Row].ETag })],
                cancellationToken)
            : null;
    }

    private static bool IsPartition(string row) => row.StartsWith(PartitionRow.Prefix, StringComparison.Ordinal);

    private static Dictionary<string, object> With(IReadOnlyDictionary<string, object> columns, string name, object value) =>
        new(columns) { [name] = value };
}

/// <summary>What a planted bug makes of a lost reply.</summary>
internal sealed class LostReplyException : Exception;
