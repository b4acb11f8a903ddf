using Serverless.Core;
using Serverless.Core.Groups;
using Serverless.Core.Log;
using Serverless.Core.Groups.Rows;
using Serverless.Core.Storage;
using Serverless.Simulation.World;

namespace Serverless.Simulation.Bugs;

/// <summary>The groups, with a mistake between them and their callers.</summary>
internal sealed class PlantedGroups(IConsumerGroups groups, PlantedBug bug, Instance at, IRowStore rows) : DelegatingGroups(groups)
{
    private readonly Dictionary<(string Group, string Instance), Dictionary<TopicPartition, long>> _next = [];
    private readonly Dictionary<(string Group, TopicPartition At), (IReadOnlyList<GroupOffset> Read, long At)> _commits = [];
    private readonly Dictionary<(string Group, string Instance), long> _heard = [];
    private int _polls;

    public override async ValueTask<GroupAnswer> CreateInstanceAsync(
        string group, string instance, ConsumerSettings settings, bool replace, string? requestId, CancellationToken cancellationToken)
    {
        if (bug == PlantedBug.StaticReturnLeavesFirst && settings.GroupInstanceId is { } id
            && await DescribeAsync(group, cancellationToken) is { } description
            && description.Members.FirstOrDefault(member => member.GroupInstanceId == id) is { } former)
        {
            await DeleteInstanceAsync(group, former.Instance, cancellationToken);
        }

        if (bug == PlantedBug.DeliversBeforeCommit && settings.DeliveryMode == DeliveryMode.AtMostOnce)
        {
            settings = settings with { DeliveryMode = DeliveryMode.AtLeastOnce, AutoCommit = true };
        }

        return await base.CreateInstanceAsync(group, instance, settings, replace, requestId, cancellationToken);
    }

    public override async ValueTask<PollAnswer> PollAsync(
        string group, string instance, PollRequest request, CancellationToken cancellationToken)
    {
        var silent = _heard.TryGetValue((group, instance), out var heard) && at.Clock.GetElapsedTime(heard) > TimeSpan.FromSeconds(20);
        _heard[(group, instance)] = at.Clock.GetTimestamp();
        if (bug == PlantedBug.UnknownFromCache && silent)
        {
            return new PollAnswer(ErrorCode.UnknownMemberId, [], false);
        }

        var answer = await base.PollAsync(group, instance, request, cancellationToken);
        return bug switch
        {
            PlantedBug.DropsASlice when answer.Slices.Count > 0 && ++_polls % 5 == 0 =>
                answer with { Slices = [.. answer.Slices.SkipLast(1)] },
            PlantedBug.PollsAfterFence => await FencedAsync(group, instance, answer, cancellationToken),
            _ => answer,
        };
    }

    public override async ValueTask<GroupAnswer<IReadOnlyList<GroupOffset>>> CommitAsync(
        string group, string instance, IReadOnlyList<GroupOffset>? offsets, CancellationToken cancellationToken)
    {
        GroupAnswer<IReadOnlyList<GroupOffset>> answer;
        try
        {
            answer = await base.CommitAsync(group, instance, offsets, cancellationToken);
        }
        catch (LostReplyException)
        {
            return new(ErrorCode.StaleMemberEpoch, null);
        }

        if (answer.Error == ErrorCode.StaleMemberEpoch && offsets is not null
            && bug is PlantedBug.CommitsWhatOthersOwn or PlantedBug.CommitsWhatItLost)
        {
            return await ForcedAsync(group, offsets, answer, cancellationToken);
        }

        if (bug == PlantedBug.RepeatsCommits && answer.Error == ErrorCode.None && offsets is not null)
        {
            _ = RepeatAsync(group, instance, offsets);
        }

        return answer;
    }

    public override async ValueTask<GroupAnswer<IReadOnlyList<GroupOffset>>> CommittedAsync(
        string group, string instance, IReadOnlyList<TopicPartition>? partitions, CancellationToken cancellationToken)
    {
        if (bug != PlantedBug.CachedCommits || partitions is not [var one])
        {
            return await base.CommittedAsync(group, instance, partitions, cancellationToken);
        }

        if (_commits.TryGetValue((group, one), out var cached) && at.Clock.GetElapsedTime(cached.At) < TimeSpan.FromSeconds(5))
        {
            return new(cached.Read);
        }

        var answer = await base.CommittedAsync(group, instance, partitions, cancellationToken);
        if (answer.Value is { } read)
        {
            _commits[(group, one)] = (read, at.Clock.GetTimestamp());
        }

        return answer;
    }

    public override async ValueTask<GroupAnswer<IReadOnlyList<GroupOffset>>> ResetAsync(
        string group, IReadOnlyList<SeekTarget> targets, CancellationToken cancellationToken)
    {
        try
        {
            return await base.ResetAsync(group, targets, cancellationToken);
        }
        catch (LostReplyException)
        {
            return new(ErrorCode.NonEmptyGroup, null);
        }
    }

    public override ValueTask<bool> SweepAsync(CancellationToken cancellationToken) =>
        bug == PlantedBug.SweepsNothing ? new(false) : base.SweepAsync(cancellationToken);

    // What it has no more it reads on, from where it stood.
    private async ValueTask<PollAnswer> FencedAsync(
        string group, string instance, PollAnswer answer, CancellationToken cancellationToken)
    {
        if (!_next.TryGetValue((group, instance), out var next))
        {
            next = _next[(group, instance)] = [];
        }

        foreach (var slice in answer.Slices)
        {
            next[slice.At] = slice.ToOffset;
        }

        var has = await AssignmentAsync(group, instance, cancellationToken);
        foreach (var (lost, offset) in next.Where(known => has.Value?.Contains(known.Key) == false).ToList())
        {
            if (await at.Topics.FindAsync(lost.Topic, cancellationToken) is { } topic)
            {
                var fetched = await at.Logs.FetchAsync(topic, lost.Partition, offset, 10_000, cancellationToken);
                if (fetched.Error == ErrorCode.None && !fetched.Batches.IsEmpty)
                {
                    next[lost] = fetched.NextOffset;
                    return answer with { Slices = [.. answer.Slices, new PolledSlice(lost, fetched.Batches, offset, fetched.NextOffset)] };
                }
            }
        }

        return answer;
    }

    // Straight to the partition's row, as it is now: nobody asks whose it is.
    private async ValueTask<GroupAnswer<IReadOnlyList<GroupOffset>>> ForcedAsync(
        string group, IReadOnlyList<GroupOffset> offsets, GroupAnswer<IReadOnlyList<GroupOffset>> refused,
        CancellationToken cancellationToken)
    {
        var partition = KeyEncoding.Encode(group);
        var page = await rows.QueryAsync(Layout.GroupsTable, new RowQuery(partition), cancellationToken);
        var members = page.Rows.Where(row => row.Key.Row.StartsWith(ConsumerRow.Prefix, StringComparison.Ordinal))
            .Select(row => ConsumerRowCodec.Decode(row.Columns).Incarnation).ToHashSet();
        var stored = page.Rows.ToDictionary(row => row.Key.Row);
        var actions = new List<RowAction>();
        foreach (var offset in offsets)
        {
            var row = stored[PartitionRow.KeyOf(offset.At)];
            var was = PartitionRow.Decode(row.Columns);
            if (bug == PlantedBug.CommitsWhatItLost && was.Owner.Length > 0 && members.Contains(was.Owner))
            {
                return refused;
            }

            actions.Add(RowAction.Replace(row.Key.Row, was.Commit(offset.Offset, offset.Metadata, page.ServedAt).Encode(), row.ETag));
        }

        var result = await rows.SubmitAsync(Layout.GroupsTable, partition, actions, cancellationToken);
        return result.Outcome == SubmitOutcome.Committed ? new(offsets) : refused;
    }

    private async Task RepeatAsync(string group, string instance, IReadOnlyList<GroupOffset> offsets)
    {
        try
        {
            await Task.Delay(TimeSpan.FromSeconds(5), at.Clock);
            await base.CommitAsync(group, instance, offsets, CancellationToken.None);
        }
        catch (StorageException)
        {
            // Nobody waits for it.
        }
    }
}
