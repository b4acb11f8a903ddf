using Serverless.Core.Groups.Rows;
using Serverless.Core.Transactions;

namespace Serverless.Core.Groups;

/// <summary>What may be committed, and by whom.</summary>
/// <remarks>
/// Upholds <b>commit fence</b>: a partition that a live member owns takes commits of that member alone, and one that nobody
/// owns takes none of a subscriber that had it before somebody else did. And where an offset waits for its transaction, nothing else is
/// committed before that is decided: the one would undo the other, whichever came last.
/// </remarks>
internal static class Commits
{
    /// <summary>Partitions that one request may commit or serve: room is left for the consumer, the group and a few others.</summary>
    public const int PartitionsMax = 96;

    /// <param name="by">The consumer; null for an operator.</param>
    /// <returns>
    /// StaleMemberEpoch when another live member owns the partition, or the group has gone on with it since the consumer did;
    /// UnstableOffsetCommit when an offset waits there.
    /// </returns>
    /// <exception cref="StaleStateException">The rows contradict each other.</exception>
    public static ErrorCode Commit(
        GroupDraft draft, ConsumerRow? by, string topicId, GroupOffset offset, DateTimeOffset now)
    {
        var stored = draft.Partition(offset.At) ?? new PartitionRow(offset.At);
        var owner = draft.OwnerOf(stored);
        if (owner is null ? !IsFreeFor(by, stored, topicId) : owner.Name != by?.Name)
        {
            return ErrorCode.StaleMemberEpoch;
        }

        var row = RowFor(by, stored, owner, topicId);
        if (row.Pending is not null)
        {
            return ErrorCode.UnstableOffsetCommit;
        }

        draft.Put(row.Commit(offset.Offset, offset.Metadata, now));
        if (by is not null && draft.Consumers.TryGetValue(by.Name, out var consumer))
        {
            ClearManual(draft, consumer, offset);
        }

        return ErrorCode.None;
    }

    /// <summary>Adds an offset that waits for its transaction.</summary>
    /// <param name="by">The consumer whose offset it is; null where no instance is told.</param>
    /// <returns>
    /// As for a commit; with <c>exactly_once</c> StaleMemberEpoch too where it was not delivered since the partition was claimed, and
    /// so where the group does not stand at <c>From</c>.
    /// UnstableOffsetCommit when another transaction's offset waits there; InvalidRequest when a higher one of this
    /// transaction does: then this one is of an earlier request that comes late.
    /// </returns>
    /// <exception cref="StaleStateException">The rows contradict each other.</exception>
    public static ErrorCode Add(
        GroupDraft draft, ConsumerRow? by, TransactionKey transaction, string topicId, GroupOffset offset)
    {
        var stored = draft.Partition(offset.At) ?? new PartitionRow(offset.At);
        var owner = draft.OwnerOf(stored);
        var isAllowed = owner is null ? IsFreeFor(by, stored, topicId)
            : by is null ? MayBeAddedFor(owner, stored, topicId, offset.Offset)
            : owner.Name == by.Name;
        var stands = offset.From is not { } from
            || ((offset.FromTopicId ?? topicId) == topicId && ShareProtocol.StandsAt(stored, topicId, from));
        if (!isAllowed || !stands || !WasDelivered(by, stored, topicId, offset.Offset))
        {
            return ErrorCode.StaleMemberEpoch;
        }

        var row = RowFor(by, stored, owner, topicId);
        if (row.Pending is { } pending && (pending.Transaction != transaction || pending.Offset > offset.Offset))
        {
            return pending.Transaction == transaction ? ErrorCode.InvalidRequest : ErrorCode.UnstableOffsetCommit;
        }

        draft.Put(row with { Pending = new PendingOffset(transaction, offset.Offset, offset.Metadata) });
        return ErrorCode.None;
    }

    /// <summary>Commits what earlier polls delivered and nobody committed yet, at most <paramref name="most"/> partitions of it.</summary>
    /// <returns>What was committed, and whether there is more.</returns>
    public static (IReadOnlyList<GroupOffset> Committed, bool More) CommitDelivered(
        GroupDraft draft, ConsumerRow consumer, TopicList topics, int most, DateTimeOffset now)
    {
        var committed = new List<GroupOffset>();
        var delivered = draft.OwnedBy(consumer).Where(row => row.Delivered >= 0)
            .Select(row => (row.At, row.TopicId, row.Delivered))
            .Concat(consumer.Manual.Where(manual => manual.Delivered >= 0)
                .Select(manual => (manual.At, manual.TopicId, manual.Delivered)));
        foreach (var (at, topicId, offset) in delivered)
        {
            if (committed.Count == most)
            {
                return (committed, true);
            }

            // Of a topic that is gone, or that a member of the group has taken over by subscription, nothing is to be kept.
            var next = new GroupOffset(at, offset);
            if (topics.Find(at.Topic)?.Id == topicId && Commit(draft, consumer, topicId, next, now) == ErrorCode.None)
            {
                committed.Add(next);
            }
        }

        return (committed, false);
    }

    public static bool IsAutomatic(ConsumerRow consumer) =>
        consumer.Settings is { AutoCommit: true, DeliveryMode: DeliveryMode.AtLeastOnce };

    /// <summary>Whether polls of the consumer commit, and so must know what is to become of offsets that wait.</summary>
    public static bool CommitsByPoll(ConsumerRow consumer) =>
        IsAutomatic(consumer) || consumer.Settings.DeliveryMode == DeliveryMode.AtMostOnce;

    private static PartitionRow RowFor(ConsumerRow? by, PartitionRow row, ConsumerRow? owner, string topicId)
    {
        if (owner is null && row.Owner != by?.Former)
        {
            // Whoever had it last knows nothing of this commit, and must not take the group back from it.
            row = row.Release();
        }

        // The former topic's position and commit mean nothing; a new reader starts at this commit.
        return row.TopicId == topicId ? row : new PartitionRow(row.At)
        {
            TopicId = topicId,
            Owner = row.Owner,
            AssignmentEpoch = row.AssignmentEpoch,
            CommittedAt = row.CommittedAt,
        };
    }

    // A partition may come back to a consumer that does not know that it was away: what others have done meanwhile begins anew with the
    // claim, and what was delivered before that is no longer its own.
    private static bool WasDelivered(ConsumerRow? by, PartitionRow row, string topicId, long offset) =>
        by is not { Settings.DeliveryMode: DeliveryMode.ExactlyOnce, Subscription: not null }
        || (row.TopicId == topicId && offset <= row.Delivered);

    // Kafka's older way, by the group alone. What the owner was not given yet cannot have been processed, and an owner that counts
    // on exactly once is always told by name.
    private static bool MayBeAddedFor(ConsumerRow owner, PartitionRow row, string topicId, long offset) =>
        owner.Settings.DeliveryMode != DeliveryMode.ExactlyOnce && row.TopicId == topicId && offset <= row.Position;

    // A subscriber commits what the group gave it. Where that has passed through other hands since, its records say nothing
    // any more of where the group is. Who does not subscribe, or commits what no member ever had, sets the offset as he likes.
    private static bool IsFreeFor(ConsumerRow? by, PartitionRow row, string topicId) =>
        by?.Subscription is null || row.TopicId != topicId || row.AssignmentEpoch == 0
        || (row.Owner.Length > 0 && row.Owner == by.Former);

    private static void ClearManual(GroupDraft draft, ConsumerRow consumer, GroupOffset offset)
    {
        var index = consumer.Manual.ToList().FindIndex(manual => manual.At == offset.At);
        if (index >= 0 && consumer.Manual[index].Delivered is >= 0 and var delivered && delivered <= offset.Offset)
        {
            draft.Put(consumer with
            {
                Manual = consumer.Manual.SetItem(index, consumer.Manual[index] with { Delivered = -1 }),
            });
        }
    }
}
