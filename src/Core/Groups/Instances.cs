using Serverless.Core.Groups.Rows;

namespace Serverless.Core.Groups;

/// <summary>How consumer instances come and go.</summary>
internal static class Instances
{
    /// <summary>Enters a new instance. Errors: UnreleasedInstanceId, InconsistentGroupProtocol, GroupMaxSizeReached.</summary>
    /// <remarks>
    /// A static member that is still one is taken over: its share of the target stays, and only what it owned passes to
    /// the new incarnation, which starts at the committed offsets. Requests of the old process find another instance.
    /// </remarks>
    public static GroupAnswer Create(
        GroupDraft draft, string name, string id, string? requestId, ConsumerSettings settings, bool replace, TopicList topics,
        int instancesMax, DateTimeOffset now)
    {
        var before = Incarnations(draft);
        Membership.ExpireOverdue(draft, null, now);
        var former = draft.Consumers.GetValueOrDefault(name);
        var holder = settings.GroupInstanceId is { } staticId
            ? draft.Consumers.Values.FirstOrDefault(consumer => consumer.Settings.GroupInstanceId == staticId)
            : null;
        if (former is not null && !replace && former != holder)
        {
            return new(ErrorCode.UnreleasedInstanceId, $"Consumer instance {name} exists already.");
        }

        var othersUseAnother = settings.Assignor is { } assignor && assignor != draft.Group.Assignor
            && draft.Members.Any(member => member != former && member != holder);
        if (othersUseAnother)
        {
            return Membership.Inconsistent(draft);
        }

        if (draft.Consumers.Values.Count(other => other != former && other != holder && !other.IsExpired(now)) >= instancesMax)
        {
            return new(ErrorCode.GroupMaxSizeReached, $"The group has {instancesMax} consumer instances, as many as a group may have.");
        }

        var created = new ConsumerRow(name, id, settings) { RequestId = requestId ?? "" }.Renew(now, draft.Group.Epoch);
        if (holder is { IsMember: true })
        {
            created = created with { Subscription = holder.Subscription, Incarnation = id };
        }

        if (holder is not null && holder != former)
        {
            draft.Delete(holder);
        }

        draft.Put(created);

        // Whoever deletes the group has its row at stake, and so has whoever creates an instance.
        draft.Put(draft.Group);
        Conclude(draft, before, topics);
        return GroupAnswer.Done;
    }

    /// <summary>Ends what the instance consumes; with auto-commit, what was delivered is committed first.</summary>
    /// <param name="stays">Whether the instance itself stays.</param>
    /// <returns>Whether there was more to commit than one transaction takes: then nothing else was done yet.</returns>
    public static bool Leave(GroupDraft draft, string name, bool stays, TopicList topics, DateTimeOffset now)
    {
        var before = Incarnations(draft);
        if (Commits.IsAutomatic(draft.Consumers[name])
            && Commits.CommitDelivered(draft, draft.Consumers[name], topics, Commits.PartitionsMax, now).More)
        {
            return true;
        }

        var consumer = draft.Consumers[name];
        if (stays)
        {
            draft.Put(consumer with { Subscription = null, Manual = [], Incarnation = "", Turn = null });
        }
        else
        {
            draft.Delete(consumer);

            // The stamp that tells a lost reply needs a row that stays.
            draft.Put(draft.Group);
        }

        Conclude(draft, before, topics);
        return false;
    }

    /// <summary>Ends overdue memberships and instances of others; true when something changed.</summary>
    public static bool Expire(GroupDraft draft, TopicList topics, DateTimeOffset now)
    {
        var before = Incarnations(draft);
        Membership.ExpireOverdue(draft, null, now);
        Conclude(draft, before, topics);
        return !draft.IsEmpty;
    }

    private static List<string> Incarnations(GroupDraft draft) => [.. draft.Members.Select(member => member.Incarnation)];

    private static void Conclude(GroupDraft draft, List<string> before, TopicList topics)
    {
        // Members without the target that was computed for them are a group that nobody can read any more. So where topics that
        // came since have no room, whoever leaves still leaves: with the topics that had room, or in the worst case with none.
        if (!before.SequenceEqual(Incarnations(draft)) && !Membership.Rebalance(draft, topics)
            && !Membership.Rebalance(draft, TopicList.Of(draft.Group.Target)))
        {
            Invariant.Holds(Membership.Rebalance(draft, TopicList.Empty));
        }
    }
}
