using System.Collections.Immutable;
using Serverless.Core.Groups.Assignors;
using Serverless.Core.Groups.Rows;
using Serverless.Core.Storage.Rows;

namespace Serverless.Core.Groups;

/// <summary>Who is a member, and what each is to own.</summary>
/// <remarks>
/// Upholds <b>generations only grow</b> and <b>no guess about time</b>: every change of the members is in one
/// transaction with a higher epoch and the new target; a deadline only ever leads to that transaction, which
/// conflicts with any request of the member that came first.
/// </remarks>
internal static class Membership
{
    // Room is left for the group, the consumer that asks, and what it releases and claims meanwhile.
    private const int ExpiredAtOnceMax = 40;
    private const int TouchedBytesMax = 512 * 1024;

    /// <summary>Makes the consumer a member, with a new incarnation. Error: InconsistentGroupProtocol.</summary>
    public static GroupAnswer Join(GroupDraft draft, ConsumerRow consumer, string incarnation)
    {
        var others = draft.Members.Any(member => member.Name != consumer.Name);
        var wanted = consumer.Settings.Assignor ?? draft.Group.Assignor;
        if (others && wanted != draft.Group.Assignor)
        {
            return Inconsistent(draft);
        }

        draft.Put(draft.Group with { Assignor = wanted });
        draft.Put(consumer with { Incarnation = incarnation });
        return GroupAnswer.Done;
    }

    public static GroupAnswer Inconsistent(GroupDraft draft) => new(
        ErrorCode.InconsistentGroupProtocol, $"The group's members use the assignor {draft.Group.Assignor}.");

    /// <summary>Ends memberships and instances whose time is over, but for the one that asks; true when a member was among them.</summary>
    /// <param name="now">The service's clock when the rows were read: never later than now.</param>
    public static bool ExpireOverdue(GroupDraft draft, string? asks, DateTimeOffset now)
    {
        var overdue = draft.Consumers.Values
            .Where(consumer => consumer.Name != asks && (consumer.LeaseIsOver(now) || consumer.IsExpired(now)))
            .Take(ExpiredAtOnceMax).ToList();
        foreach (var consumer in overdue)
        {
            if (consumer.IsExpired(now))
            {
                draft.Delete(consumer);
            }
            else
            {
                draft.Put(consumer with { Incarnation = "", Former = consumer.IsMember ? consumer.Incarnation : consumer.Former });
            }
        }

        return overdue.Any(consumer => consumer.IsMember);
    }

    /// <summary>Whether topics that members subscribe to came, went, grew or were made anew since the target was computed.</summary>
    public static bool TopicsChanged(GroupDraft draft, TopicList topics) =>
        !Wanted(draft, topics).Select(topic => (topic.Name, topic.Id, topic.Partitions))
            .SequenceEqual(draft.Group.Target.Topics.Select(topic => (topic.Name, topic.Id, topic.Partitions)));

    /// <summary>Computes the target for the members as the draft has them; false where no row can hold it, and nothing is changed.</summary>
    public static bool Rebalance(GroupDraft draft, TopicList topics)
    {
        var former = draft.Group.Target;
        var members = draft.Members.OrderBy(member => member.MemberId, StringComparer.Ordinal).ToList();
        var wanted = Wanted(draft, topics);
        var request = new AssignmentRequest(
            [.. members.Select(member => new AssignorMember(member.MemberId, topics.Meant(member.Subscription)))],
            wanted.ToImmutableSortedDictionary(topic => topic.Name, topic => topic.Partitions, StringComparer.Ordinal),
            former.Owners);
        var target = new GroupTarget(
            wanted,
            [.. members.Select(member => new TargetMember(member.MemberId, member.Incarnation))],
            Assignor.Assign(draft.Group.Assignor, request).ToImmutableSortedDictionary());

        if (GroupTargetCodec.Encode(target).Length > Packed.BytesMax)
        {
            return false;
        }

        draft.Put(draft.Group with { Epoch = draft.Group.Epoch + 1, Target = target });
        foreach (var joined in members.Where(member => !former.Members.Contains(new(member.MemberId, member.Incarnation))))
        {
            draft.Put(joined with { JoinedEpoch = draft.Group.Epoch });
        }

        draft.Affected = [.. members
            .Where(member => !former.Of(member.MemberId).SequenceEqual(target.Of(member.MemberId)))
            .Select(member => member.Name)];
        return true;
    }

    /// <summary>Rewrites the rows of the affected members as they are: their next request conflicts, and so sees the new target at once.</summary>
    /// <remarks>
    /// A courtesy, as far as one transaction has room. Whom it leaves out notices when its rows are read anew. So does
    /// whoever was busy meanwhile, as against busy members a transaction that touches them could lose for ever.
    /// </remarks>
    /// <param name="before">The state of an attempt that was lost; null in the first.</param>
    public static void Touch(GroupDraft draft, GroupState? before)
    {
        var bytes = 0;
        foreach (var name in draft.Affected)
        {
            if (!draft.Consumers.TryGetValue(name, out var consumer) || IsBusy(name))
            {
                continue;
            }

            bytes += 2048 + (consumer.Subscription?.Topics?.Sum(topic => topic.Length) ?? 0);
            if (draft.Room > 0 && bytes <= TouchedBytesMax && !draft.Changes(consumer.RowKey))
            {
                draft.Put(consumer);
            }
        }

        bool IsBusy(string name) => before is not null && draft.State.Consumers.TryGetValue(name, out var now)
            && (!before.Consumers.TryGetValue(name, out var then) || then.ETag != now.ETag);
    }

    private static ImmutableArray<TargetTopic> Wanted(GroupDraft draft, TopicList topics)
    {
        var former = draft.Group.Target;
        var names = draft.Members.SelectMany(member => topics.Meant(member.Subscription))
            .Distinct().Order(StringComparer.Ordinal);
        return [.. names.Select(name =>
        {
            var topic = topics.Find(name)!;
            return new TargetTopic(name, topic.Id, topic.Partitions, BornAt());

            // Somebody subscribed to it before it existed, or before this one of its name did: all of it is new.
            int BornAt() => former.Topic(name) is { } known ? known.Id == topic.Id ? known.BornAt : 0
                : WasAwaited(name) ? 0
                : topic.Partitions;
        })];

        bool WasAwaited(string name) => draft.State.Consumers.Values.Any(consumer =>
            consumer.Row.IsMember && topics.Meant(consumer.Row.Subscription).Contains(name));
    }
}
