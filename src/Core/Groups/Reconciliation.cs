using Serverless.Core.Groups.Rows;

namespace Serverless.Core.Groups;

/// <summary>Whether a member that asks gives up partitions of which it may still be processing records.</summary>
internal enum ReleaseMode
{
    /// <summary>Its poll: what was delivered before is done with, so everything goes, committed first with auto-commit.</summary>
    Everything,

    /// <summary>
    /// Any other request: a partition with delivered records that are not committed waits for the next poll, a session at most, and
    /// goes uncommitted then: nobody has said that the records came, let alone that they are done with.
    /// </summary>
    WhatIsIdle,
}

/// <summary>How a member comes from what it owns to what it is to own: no barrier, and nobody else stops.</summary>
internal static class Reconciliation
{
    /// <param name="Missing">Partitions of the target that a live member still has, or of which an offset waits for its transaction.</param>
    /// <param name="Holders">Members that have some of them and have not seen this epoch yet.</param>
    /// <param name="More">One transaction had not room for all.</param>
    internal sealed record Plan(
        IReadOnlyList<PartitionRow> Releases, IReadOnlyList<PartitionRow> Claims, int Missing, IReadOnlyList<string> Holders, bool More);

    /// <summary>What the member may release and claim now. A transaction that is not decided may yet move where a claim would start (KIP-447).</summary>
    /// <param name="fates">What is known of waiting offsets.</param>
    /// <exception cref="StaleStateException">The rows contradict each other.</exception>
    public static Plan PlanFor(
        GroupDraft draft, ConsumerRow consumer, TopicList topics, ReleaseMode mode, PendingFates fates,
        DateTimeOffset now)
    {
        if (!consumer.IsMember)
        {
            return new([], [], 0, [], false);
        }

        // A claim must bear an epoch at which this incarnation was a member already.
        if (draft.Group.Epoch < consumer.JoinedEpoch)
        {
            throw new StaleStateException();
        }

        var target = draft.Group.Target;
        var releases = draft.OwnedBy(consumer)
            .Where(row => !target.Gives(row.At, consumer.MemberId) && MayGo(row, consumer, mode, now)).ToList();
        var claims = new List<PartitionRow>();
        var missing = 0;
        var holders = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var at in target.Of(consumer.MemberId))
        {
            var topic = target.Topic(at.Topic)!;
            if (topics.Find(at.Topic)?.Id != topic.Id)
            {
                continue;
            }

            var row = draft.Partition(at) ?? new PartitionRow(at);
            if (row.Owner == consumer.Incarnation && row.TopicId == topic.Id)
            {
                continue;
            }

            if (row.Owner == consumer.Incarnation || draft.OwnerOf(row) is not { } holder)
            {
                // What waits for a topic of the same name that is gone is gone with it.
                if ((row.TopicId == topic.Id ? fates.Settled(row, now) : row) is { } settled)
                {
                    claims.Add(Claimed(settled, topic, consumer, draft.Group.Epoch));
                }
                else
                {
                    missing++;
                }

                continue;
            }

            missing++;
            if (holder.SeenEpoch < draft.Group.Epoch)
            {
                holders.Add(holder.Name);
            }
        }

        // One action is the consumer's own row.
        var room = draft.Room - (draft.Changes(consumer.RowKey) ? 0 : 1);
        var released = releases.Take(room).ToList();
        var claimed = claims.Take(room - released.Count).ToList();
        return new(
            released, claimed, missing, [.. holders], released.Count + claimed.Count < releases.Count + claims.Count);
    }

    /// <summary>Enters the plan. <paramref name="starts"/> has the first offset of each claim that has no commit; -1 where there is none.</summary>
    public static void Apply(
        GroupDraft draft, Plan plan, ConsumerRow consumer, ReleaseMode mode,
        IReadOnlyDictionary<(string TopicId, TopicPartition At), long> starts, DateTimeOffset now)
    {
        var commits = mode == ReleaseMode.Everything && Commits.IsAutomatic(consumer);
        foreach (var row in plan.Releases)
        {
            var done = row is { Delivered: >= 0, Pending: null } && commits ? row.Commit(row.Delivered, "", now) : row;
            draft.Put(done.Release());
        }

        foreach (var row in plan.Claims)
        {
            draft.Put(row with { Position = row.Committed >= 0 ? row.Committed : starts[(row.TopicId, row.At)] });
        }
    }

    // Offsets of a topic of the same name that is gone mean nothing in this one.
    private static PartitionRow Claimed(PartitionRow row, TargetTopic topic, ConsumerRow consumer, int epoch) =>
        (row.TopicId == topic.Id ? row : new PartitionRow(row.At)) with
        {
            TopicId = topic.Id,
            Owner = consumer.Incarnation,
            AssignmentEpoch = epoch,
            Delivered = -1,
        };

    // Who heartbeats but polls no more must not keep it for ever: a session without a poll is as long as one without any request.
    private static bool MayGo(PartitionRow row, ConsumerRow consumer, ReleaseMode mode, DateTimeOffset now) =>
        mode == ReleaseMode.Everything || row.Delivered < 0 || now > consumer.PolledAt + consumer.Settings.SessionTimeout;
}
