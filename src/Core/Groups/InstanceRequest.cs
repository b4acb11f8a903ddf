using Serverless.Core.Groups.Rows;
using Serverless.Core.Log;
using Serverless.Core.Storage;
using Serverless.Core.Transactions;

namespace Serverless.Core.Groups;

/// <summary>A change that a request makes before anything else; an error, and nothing changes.</summary>
internal delegate GroupAnswer ConsumerChange(GroupDraft draft, ConsumerRow consumer, TopicList topics);

/// <summary>A request of one consumer instance, brought to where it can be decided.</summary>
/// <remarks>
/// On the way the instance is renewed and rejoins if its membership has expired, overdue others are expired, the group is
/// rebalanced if topics changed, and partitions are released and claimed; in steady state none of that costs anything.
/// </remarks>
internal sealed class InstanceRequest<TAnswer>(
    GroupRows rows, GroupTopics catalog, PartitionMarks marks, TransactionOutcomes outcomes, string group, string instance)
{
    private readonly GroupRequest<TAnswer> _request = new(rows, group, instance);

    // First offsets of claims, kept over attempts: `latest` is the end when it was looked at first. By topic id, as a topic
    // that is made anew between two attempts begins again.
    private readonly Dictionary<(string TopicId, TopicPartition At), long> _starts = [];
    private readonly HashSet<(string Holder, int Epoch)> _told = [];
    private readonly PendingFates _fates = new(outcomes);
    private string? _id;
    private bool _isSure;

    public GroupRequest<TAnswer> Submissions => _request;

    /// <summary>Topics to look up in storage, as somebody is just naming them.</summary>
    public IReadOnlyList<string> Named { get; init; } = [];

    /// <summary>The instance as the rows have it, and no more: nothing is renewed, joined or claimed.</summary>
    public async ValueTask<Ready<TAnswer>> FindAsync(bool fresh, CancellationToken cancellationToken)
    {
        while (true)
        {
            var (state, isFresh) = await _request.StateAsync(fresh, cancellationToken);
            var draft = new GroupDraft(state);
            if (Find(draft) is { } consumer)
            {
                _isSure |= isFresh;
                var topics = await catalog.ForAsync(draft, cancellationToken);
                return new(draft, consumer, topics, rows.Now(state), 0, isFresh);
            }

            if (isFresh && _request.IsUnsettled)
            {
                // Gone, and with it the stamp: what was sent last may have taken effect before that.
                throw new StorageException($"Instance {instance} ended while the outcome of a request was unknown.", retriable: true);
            }

            if (isFresh && !_isSure && !_request.HasLanded && _id is not null
                && draft.Consumers.TryGetValue(instance, out var other) && other.Id != _id)
            {
                // Its name was taken over since these rows were remembered: before this request came, and then it is the new
                // one's, or since, and then it is not. Sent again it meets rows that are read already.
                throw new StorageException($"Instance {instance} was replaced by another of its name.", retriable: true);
            }

            if (isFresh)
            {
                return Ready<TAnswer>.Unknown(instance);
            }

            fresh = true;
        }
    }

    /// <param name="change">Made in the same transaction as what follows from it, once.</param>
    /// <param name="renew">Whether to renew the instance though nothing else is to be written.</param>
    public async ValueTask<Ready<TAnswer>> ReadyAsync(
        ReleaseMode mode, bool renew, bool fresh, ConsumerChange? change, CancellationToken cancellationToken)
    {
        var readHere = false;
        while (true)
        {
            var ready = await FindAsync(fresh, cancellationToken);
            if (ready.Error != ErrorCode.None)
            {
                return ready;
            }

            readHere |= ready.Fresh;
            fresh = false;
            try
            {
                var draft = ready.Draft;
                var (answer, missing) = await PrepareAsync(ready, mode, change, cancellationToken);

                // Never an error, and never waiting for others, on what is only remembered.
                if (!readHere && (answer.Error != ErrorCode.None || missing > 0))
                {
                    fresh = true;
                    continue;
                }

                if (answer.Error != ErrorCode.None)
                {
                    return ready with { Error = answer.Error, Message = answer.Message };
                }

                if (draft.IsEmpty && draft.Affected.Count == 0 && !renew)
                {
                    return ready with { Consumer = draft.Consumers[instance], Missing = missing };
                }

                draft.Renew(instance, ready.Now);
                var settled = await _request.StepAsync(draft, cancellationToken);
                if (settled.Finished)
                {
                    return ready with { Finished = true, Answer = settled.Answer };
                }

                // Whatever landed last of this request was this step, or the same one in an earlier attempt.
                change = settled.Landed ? null : change;
                renew &= !settled.Landed;
                readHere = !settled.Landed || readHere;
            }
            catch (StaleStateException)
            {
                fresh = true;
            }
        }
    }

    private async ValueTask<(GroupAnswer Answer, int Missing)> PrepareAsync(
        Ready<TAnswer> ready, ReleaseMode mode, ConsumerChange? change, CancellationToken cancellationToken)
    {
        var draft = ready.Draft;
        var topics = Named.Count == 0
            ? ready.Topics
            : await catalog.RefreshedAsync(ready.Topics, Named, cancellationToken);
        var members = draft.Members.Select(member => member.Incarnation).ToList();
        if (change?.Invoke(draft, ready.Consumer, topics) is { Error: not ErrorCode.None } refused)
        {
            return (refused, 0);
        }

        Membership.ExpireOverdue(draft, instance, draft.State.ServedAt);
        var consumer = draft.Consumers[instance];
        if (consumer is { Subscription: not null, IsMember: false }
            && Membership.Join(draft, consumer, rows.Ids.NewId()) is { Error: not ErrorCode.None } inconsistent)
        {
            return (inconsistent, 0);
        }

        var mustRebalance = !members.SequenceEqual(draft.Members.Select(member => member.Incarnation))
            || MeansOthers(draft, ready.Consumer, topics);
        if ((mustRebalance || Membership.TopicsChanged(draft, topics)) && !Membership.Rebalance(draft, topics)
            && mustRebalance)
        {
            return (new(ErrorCode.InvalidRequest, "The group has no room for more members or topics."), 0);
        }

        consumer = draft.Consumers[instance];
        await SettleAsync(draft, consumer, ready.Now, cancellationToken);
        var plan = Reconciliation.PlanFor(draft, consumer, topics, mode, _fates, ready.Now);
        if (NewToGroup(draft, plan) is { Count: > 0 } names)
        {
            topics = await catalog.RefreshedAsync(topics, names, cancellationToken);
            plan = Reconciliation.PlanFor(draft, consumer, topics, mode, _fates, ready.Now);
        }

        await FindStartsAsync(draft, plan, consumer, topics, cancellationToken);
        Reconciliation.Apply(draft, plan, consumer, mode, _starts, ready.Now);

        // Who has what is missing may not have been told. Once is enough: its next write conflicts.
        draft.Affected = [.. draft.Affected, .. plan.Holders.Where(holder => _told.Add((holder, draft.Group.Epoch)))];
        return (GroupAnswer.Done, plan.Missing);
    }

    private async ValueTask SettleAsync(
        GroupDraft draft, ConsumerRow consumer, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (draft.State.Partitions.Values.All(partition => partition.Row.Pending is null))
        {
            return;
        }

        if (consumer.IsMember)
        {
            await _fates.AskAsync(
                draft.Group.Target.Of(consumer.MemberId).Select(draft.Partition).Where(row => row?.Owner != consumer.Incarnation),
                cancellationToken);
        }

        if (Commits.CommitsByPoll(consumer))
        {
            await _fates.SettleAsync(
                draft, draft.OwnedBy(consumer).Select(row => row.At).Concat(consumer.Manual.Select(manual => manual.At)),
                draft.Room / 2, now, cancellationToken);
        }
    }

    // Without a row nothing was read of it, or it is deleted and its rows have gone, and the list is from before. Only storage
    // tells, or a group would read a deleted topic from its start once more.
    private List<string> NewToGroup(GroupDraft draft, Reconciliation.Plan plan) =>
        [.. plan.Claims.Where(row => draft.Partition(row.At)?.TopicId != row.TopicId).Select(row => row.At.Topic).Distinct()
            .Except(Named)];

    private bool MeansOthers(GroupDraft draft, ConsumerRow former, TopicList topics) =>
        draft.Consumers[instance] is { IsMember: true } consumer
        && !topics.Meant(consumer.Subscription).SetEquals(topics.Meant(former.Subscription));

    private async ValueTask FindStartsAsync(
        GroupDraft draft, Reconciliation.Plan plan, ConsumerRow consumer, TopicList topics,
        CancellationToken cancellationToken)
    {
        var unknown = plan.Claims.Where(row => row.Committed < 0 && !_starts.ContainsKey((row.TopicId, row.At))).ToList();
        if (consumer.Settings.AutoOffsetReset == AutoOffsetReset.None)
        {
            unknown.ForEach(row => _starts[(row.TopicId, row.At)] = -1);
            return;
        }

        var found = await marks.OffsetsAsync(
            [.. unknown.Select(row => new PartitionPosition(topics.Find(row.At.Topic)!, row.At.Partition, 0))],
            cancellationToken);
        for (var index = 0; index < unknown.Count; index++)
        {
            var at = unknown[index].At;
            var isBornLater = at.Partition >= draft.Group.Target.Topic(at.Topic)!.BornAt;
            _starts[(unknown[index].TopicId, at)] = consumer.Settings.AutoOffsetReset == AutoOffsetReset.Earliest || isBornLater
                ? found[index].LogStartOffset
                : found[index].EndFor(consumer.Settings.IsolationLevel);
        }
    }

    private ConsumerRow? Find(GroupDraft draft)
    {
        // The one that was found first: another of its name that came since serves another process.
        if (!draft.Consumers.TryGetValue(instance, out var consumer) || consumer.IsExpired(draft.State.ServedAt)
            || (_id is not null && _id != consumer.Id))
        {
            return null;
        }

        _id = consumer.Id;
        return consumer;
    }
}

/// <summary>A state to decide on, as a draft without changes; or the error or answer that ends the request.</summary>
/// <param name="Missing">Partitions of its share that others have not released yet.</param>
/// <param name="Fresh">Read by this request; otherwise remembered, and no error may be answered.</param>
internal sealed record Ready<TAnswer>(
    GroupDraft Draft, ConsumerRow Consumer, TopicList Topics, DateTimeOffset Now, int Missing, bool Fresh)
{
    public ErrorCode Error { get; init; }

    public string? Message { get; init; }

    /// <summary>A lost submission of this request was found to have taken effect: <see cref="Answer"/> is the answer.</summary>
    public bool Finished { get; init; }

    public TAnswer? Answer { get; init; }

    public static Ready<TAnswer> Unknown(string instance) => new(null!, null!, null!, default, 0, true)
    {
        Error = ErrorCode.UnknownMemberId,
        Message = $"Consumer instance {instance} is not known; it may have expired.",
    };
}
