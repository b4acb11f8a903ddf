using Serverless.Core.Groups.Rows;
using Serverless.Core.Storage;
using Serverless.Core.Transactions;

namespace Serverless.Core.Groups;

/// <content>Offsets that wait for a transaction, see <see cref="IPendingOffsets"/>.</content>
public sealed partial class ConsumerGroups
{
    // Whoever polls in a partition changes its row each time: a transaction that is decided must get in between all the same.
    private const int SettleAttemptsMax = 24;

    public async ValueTask<GroupAnswer> AddAsync(
        string group, string? consumer, TransactionKey transaction, IReadOnlyList<GroupOffset> offsets,
        Func<CancellationToken, ValueTask<GroupAnswer>> isOpen, CancellationToken cancellationToken)
    {
        if (Malformed(offsets) is { } malformed)
        {
            return new(malformed.Error, malformed.Message);
        }

        if (consumer is null)
        {
            return await AddAsync(group, transaction, offsets, isOpen, cancellationToken);
        }

        using var one = await EnterAsync(group, consumer, cancellationToken);
        var asks = new AsItAsked();
        return await DecideAsync(
            group, consumer, joins: false,
            async ready =>
            {
                var answer = await AddedAsync(
                    ready.Draft, ready.Topics, asks.Of(ready.Consumer), transaction, offsets, isOpen, ready.Now, cancellationToken);
                return new GroupAnswer<bool>(answer.Error, default, answer.Message);
            },
            cancellationToken);
    }

    // No instance, and so no row of one: the stamp is the group's.
    private async ValueTask<GroupAnswer> AddAsync(
        string group, TransactionKey transaction, IReadOnlyList<GroupOffset> offsets,
        Func<CancellationToken, ValueTask<GroupAnswer>> isOpen, CancellationToken cancellationToken)
    {
        var named = await _topics.WithAsync(
            await _topics.ListAsync(cancellationToken), offsets.Select(offset => offset.At), cancellationToken);
        if (offsets.FirstOrDefault(offset => !Exists(named, offset.At)) is { At.Topic: not null } missing)
        {
            return Missing(missing.At);
        }

        await ListedAsync(group, cancellationToken);
        var request = new GroupRequest<GroupAnswer>(_rows, group, null);
        while (true)
        {
            var (state, _) = await request.StateAsync(fresh: true, cancellationToken);
            var draft = new GroupDraft(state);
            var answer = await AddedAsync(
                draft, named, null, transaction, offsets, isOpen, _rows.Now(state), cancellationToken);
            if (answer.Error != ErrorCode.None)
            {
                if (!request.IsUnsettled)
                {
                    return answer;
                }

                draft = new GroupDraft(state);
            }

            draft.Put(draft.Group);
            var settled = await request.FinishAsync(draft, answer, cancellationToken);
            if (settled.Finished)
            {
                return settled.Answer;
            }
        }
    }

    private async ValueTask<GroupAnswer> AddedAsync(
        GroupDraft draft, TopicList topics, ConsumerRow? by, TransactionKey transaction, IReadOnlyList<GroupOffset> offsets,
        Func<CancellationToken, ValueTask<GroupAnswer>> isOpen, DateTimeOffset now, CancellationToken cancellationToken)
    {
        // After the rows were read: what lands late then lands on rows that have not moved since the transaction was open.
        if (await isOpen(cancellationToken) is { Error: not ErrorCode.None } notOpen)
        {
            return notOpen;
        }

        var last = offsets.GroupBy(offset => offset.At).Select(same => same.Last()).ToList();
        topics = await _topics.WithAsync(topics, last.Select(offset => offset.At), cancellationToken);
        var fates = new PendingFates(_outcomes);
        await fates.AskAsync(
            last.Select(offset => draft.Partition(offset.At)).Where(row => row?.Pending?.Transaction != transaction), cancellationToken);
        foreach (var offset in last)
        {
            if (!Exists(topics, offset.At))
            {
                return Missing(offset.At);
            }

            if (draft.Partition(offset.At) is { Pending: { } pending } row && pending.Transaction != transaction
                && fates.Settled(row, now) is { } settled)
            {
                draft.Put(settled);
            }

            if (Commits.Add(draft, by, transaction, topics.Find(offset.At.Topic)!.Id, offset) is var error && error != ErrorCode.None)
            {
                return new(error, Refusal(error, offset.At));
            }
        }

        return GroupAnswer.Done;
    }

    public async ValueTask SettleAsync(
        string group, TransactionKey transaction, bool commit, CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < SettleAttemptsMax; attempt++)
        {
            // Never from memory: all that was added before the decision must be seen.
            var state = await _rows.ReadAsync(group, cancellationToken);
            var draft = new GroupDraft(state);
            var waiting = state.Partitions.Values.Select(partition => partition.Row)
                .Where(row => row.Pending?.Transaction == transaction).ToList();
            if (waiting.Count == 0)
            {
                return;
            }

            foreach (var row in waiting.Take(GroupDraft.ActionsMax))
            {
                draft.Put(row.Settle(commit, _rows.Now(state)));
            }

            var outcome = await _rows.SubmitAsync(draft, cancellationToken);
            if (outcome == SubmitOutcome.Committed && waiting.Count <= GroupDraft.ActionsMax)
            {
                return;
            }

            if (outcome != SubmitOutcome.Committed)
            {
                await _rows.PauseAsync(attempt, cancellationToken);
            }
        }

        throw new StorageException($"Offsets of a transaction in group {group} could not be settled.", retriable: true);
    }

    private static bool Exists(TopicList topics, TopicPartition at) =>
        topics.Find(at.Topic) is { } topic && at.Partition < topic.Partitions;

    private static GroupAnswer Missing(TopicPartition at) =>
        new(ErrorCode.UnknownTopicOrPartition, $"There is no partition {at}.");

    private static string Refusal(ErrorCode error, TopicPartition at) => error switch
    {
        ErrorCode.UnstableOffsetCommit => $"Partition {at} has an offset of a transaction that is not decided yet.",
        ErrorCode.InvalidRequest => $"The transaction has a higher offset of partition {at} already.",
        _ => $"Partition {at} is another member's, or the group has gone on with it since it was this instance's.",
    };
}
