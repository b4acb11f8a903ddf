using Serverless.Core.Groups.Rows;
using Serverless.Core.Log;
using Serverless.Core.Storage;

namespace Serverless.Core.Groups;

/// <content>Groups as operators and their tools see them.</content>
public sealed partial class ConsumerGroups
{
    public async ValueTask<GroupDescription?> DescribeAsync(string group, CancellationToken cancellationToken)
    {
        var state = await _rows.ReadAsync(group, cancellationToken);
        if (state.Group is not { Row: var row })
        {
            return null;
        }

        var draft = new GroupDraft(state);
        var members = draft.Members.Select(member => new MemberDescription(
            member.Name, member.Settings.GroupInstanceId, [.. draft.OwnedBy(member).Select(owned => owned.At)],
            member.LeaseIsOver(state.ServedAt))).ToList();
        var isSettled = draft.Members.All(member => draft.OwnedBy(member).Select(owned => owned.At)
            .SequenceEqual(row.Target.Of(member.MemberId)));
        var status = members.Count == 0 ? "EMPTY" : isSettled ? "STABLE" : "PREPARING_REBALANCE";
        return new(group, status, row.Epoch, row.Assignor, IsSimple: row.Epoch == 0, members);
    }

    public async ValueTask<IReadOnlyList<PartitionLag>> LagsAsync(string group, CancellationToken cancellationToken)
    {
        var draft = new GroupDraft(await _rows.ReadAsync(group, cancellationToken));
        var topics = await _topics.ForAsync(draft, cancellationToken);
        var committed = Known(draft, topics).ToList();
        var offsets = await _marks.OffsetsAsync(
            [.. committed.Select(row => new PartitionPosition(topics.Find(row.At.Topic)!, row.At.Partition, 0))],
            cancellationToken);
        return [.. committed.Zip(offsets, (row, marks) => new PartitionLag(
            row.At, row.Committed, row.Position, marks.LogEndOffset, draft.OwnerOf(row)?.Name ?? ""))];
    }

    public async ValueTask<IReadOnlyList<GroupOffset>> GroupOffsetsAsync(
        string group, IReadOnlyList<TopicPartition>? partitions, CancellationToken cancellationToken)
    {
        var draft = new GroupDraft(await _rows.ReadAsync(group, cancellationToken));
        var topics = await _topics.ForAsync(draft, cancellationToken);
        return partitions is null
            ? [.. Known(draft, topics).Select(row => new GroupOffset(row.At, row.Committed, row.Metadata))]
            : [.. partitions.SelectMany(at => CommittedAt(draft, topics, at))];
    }

    public async ValueTask<GroupAnswer<IReadOnlyList<GroupOffset>>> ResetAsync(
        string group, IReadOnlyList<SeekTarget> targets, CancellationToken cancellationToken)
    {
        if (Malformed(targets) is { } message)
        {
            return Refused<IReadOnlyList<GroupOffset>>(ErrorCode.PolicyViolation, message);
        }

        if (Malformed([.. targets.Select(target => new GroupOffset(target.At, 0, target.Metadata))]) is { } malformed)
        {
            return malformed;
        }

        var topics = await _topics.RefreshedAsync(
            await _topics.ListAsync(cancellationToken), targets.Select(target => target.At.Topic).Distinct(), cancellationToken);
        var offsets = new List<(GroupOffset Offset, string TopicId, bool IsFirst)>();
        foreach (var target in targets.GroupBy(target => target.At).Select(same => same.Last()))
        {
            var topic = topics.Find(target.At.Topic);
            if (topic is null || target.At.Partition >= topic.Partitions)
            {
                return Refused<IReadOnlyList<GroupOffset>>(
                    ErrorCode.UnknownTopicOrPartition, $"There is no partition {target.At}.");
            }

            var offset = await new OffsetResolver(_logs).ResolveAsync(
                target, new(topic, target.At.Partition, 0), cancellationToken);
            offsets.Add((new(target.At, offset, target.Metadata), topic.Id, target.IsFirst));
        }

        await ListedAsync(group, cancellationToken);
        var request = new GroupRequest<GroupAnswer<IReadOnlyList<GroupOffset>>>(_rows, group, null);
        while (true)
        {
            var (state, _) = await request.StateAsync(fresh: true, cancellationToken);
            var draft = new GroupDraft(state);
            draft.Put(draft.Group);
            await new PendingFates(_outcomes).SettleAsync(
                draft, offsets.Select(each => each.Offset.At), Commits.PartitionsMax, _rows.Now(state), cancellationToken);
            var set = offsets.Where(each => !each.IsFirst || draft.Partition(each.Offset.At) is not { Committed: >= 0 } row
                || row.TopicId != each.TopicId).ToList();
            var refused = set
                .Select(each => (each.Offset.At, Error: Commits.Commit(draft, null, each.TopicId, each.Offset, _rows.Now(state))))
                .FirstOrDefault(each => each.Error != ErrorCode.None);
            GroupAnswer<IReadOnlyList<GroupOffset>> answer = refused.Error switch
            {
                ErrorCode.None => new([.. set.Select(each => each.Offset)]),
                ErrorCode.UnstableOffsetCommit => Refused<IReadOnlyList<GroupOffset>>(refused.Error, Refusal(refused.Error, refused.At)),
                _ => Refused<IReadOnlyList<GroupOffset>>(ErrorCode.NonEmptyGroup, "A live member owns one of the partitions."),
            };
            var isRefused = refused.Error != ErrorCode.None;
            if (isRefused && !request.IsUnsettled)
            {
                return answer;
            }

            if (isRefused)
            {
                draft = new GroupDraft(state);
                draft.Put(draft.Group);
            }

            var settled = await request.FinishAsync(draft, answer, cancellationToken);
            if (settled.Finished)
            {
                return settled.Answer;
            }
        }
    }

    public async ValueTask<GroupAnswer> DeleteGroupAsync(string group, CancellationToken cancellationToken)
    {
        using var all = await EnterGroupAsync(group, cancellationToken);
        var index = await IndexRowsAsync(group, cancellationToken);
        var request = new GroupRequest<GroupAnswer>(_rows, group, null);
        var began = false;
        while (true)
        {
            var (state, _) = await request.StateAsync(fresh: true, cancellationToken);
            if (state.Group is null)
            {
                return began
                    ? await UnlistedAsync(group, index, cancellationToken)
                    : new(ErrorCode.GroupIdNotFound, $"There is no group {group}.");
            }

            var draft = new GroupDraft(state);
            if (draft.Consumers.Values.Any(consumer => !consumer.IsExpired(state.ServedAt)))
            {
                return new(ErrorCode.NonEmptyGroup, "The group has live consumer instances.");
            }

            // The group row goes last: while it is there, each page is conditional on it, and so is whoever joins meanwhile.
            began = true;
            if (!Instances.Expire(draft, await _topics.ForAsync(draft, cancellationToken), state.ServedAt)
                && !await DeleteEffectsAsync(draft, cancellationToken))
            {
                DeletePage(draft);
            }

            await request.StepAsync(draft, cancellationToken);
        }
    }

    private async ValueTask<GroupAnswer> UnlistedAsync(
        string group, IReadOnlyList<StoredRow> index, CancellationToken cancellationToken)
    {
        await DropAsync(index, cancellationToken);
        if ((await _rows.ReadAsync(group, cancellationToken)).Group is not null)
        {
            // Made anew before its index rows went. Who makes it later than this look enters it again.
            await IndexAsync(group, cancellationToken);
        }

        return GroupAnswer.Done;
    }

    private static void DeletePage(GroupDraft draft)
    {
        draft.Put(draft.Group);
        foreach (var partition in draft.State.Partitions.Values.Select(partition => partition.Row).Take(draft.Room))
        {
            draft.Delete(partition);
        }

        if (draft.State.Partitions.Count < GroupDraft.ActionsMax)
        {
            draft.DeleteGroup();
        }
    }

    private static IEnumerable<PartitionRow> Known(GroupDraft draft, TopicList topics) =>
        draft.State.Partitions.Values.Select(partition => partition.Row)
            .Where(row => row.Committed >= 0 && topics.Find(row.At.Topic)?.Id == row.TopicId);
}
