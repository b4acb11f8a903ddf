using System.Text;
using Serverless.Core.Groups.Rows;
using Serverless.Core.Telemetry;

namespace Serverless.Core.Groups;

/// <content>Committed offsets, by instance.</content>
public sealed partial class ConsumerGroups
{
    public async ValueTask<GroupAnswer<IReadOnlyList<GroupOffset>>> CommitAsync(
        string group, string instance, IReadOnlyList<GroupOffset>? offsets, CancellationToken cancellationToken)
    {
        if (offsets is not null && Malformed(offsets) is { } malformed)
        {
            return malformed;
        }

        using var one = await EnterAsync(group, instance, cancellationToken);
        using var committing = MessagingOperation.Start(MessagingKind.Commit, _metrics, _rows.Clock, topic: null, group);
        var asks = new AsItAsked();
        var stored = new List<GroupOffset>();
        while (true)
        {
            var more = false;
            var answer = await DecideAsync<IReadOnlyList<GroupOffset>>(
                group, instance, joins: false,
                async ready =>
                {
                    if (ready.Consumer.Settings.DeliveryMode == DeliveryMode.ExactlyOnce)
                    {
                        return Refused<IReadOnlyList<GroupOffset>>(
                            ErrorCode.InvalidRequest, "With delivery.mode exactly_once offsets are committed by a transaction only.");
                    }

                    if (offsets is not null)
                    {
                        return await CommittedAsync(ready with { Consumer = asks.Of(ready.Consumer) }, offsets, cancellationToken);
                    }

                    (var decision, more) = await DeliveredAsync(ready, cancellationToken);
                    return decision;
                },
                cancellationToken);
            stored.AddRange(answer.Value ?? []);
            if (answer.Error != ErrorCode.None || !more)
            {
                committing?.End(answer.Error);
                return answer with { Value = stored };
            }
        }
    }

    /// <summary>A consumer as it was when a request of it was first decided on.</summary>
    /// <remarks>
    /// Who does not subscribe commits what he likes. A subscriber's commit that is decided anew when its instance has unsubscribed meanwhile,
    /// as its first submission met others', is a subscriber's still: or it would take the group back from whoever had the partition since.
    /// </remarks>
    private sealed class AsItAsked
    {
        private ConsumerRow? _first;

        public ConsumerRow Of(ConsumerRow now)
        {
            _first ??= now;
            return now with { Subscription = now.Subscription ?? _first.Subscription };
        }
    }

    private async ValueTask<Decision<IReadOnlyList<GroupOffset>>> CommittedAsync(
        Ready<GroupAnswer<IReadOnlyList<GroupOffset>>> ready, IReadOnlyList<GroupOffset> offsets,
        CancellationToken cancellationToken)
    {
        // A partition named twice is committed where it was named last, as each would replace the one before.
        var last = offsets.GroupBy(offset => offset.At).Select(same => same.Last()).ToList();
        var topics = await _topics.WithAsync(ready.Topics, last.Select(offset => offset.At), cancellationToken);
        await new PendingFates(_outcomes).SettleAsync(
            ready.Draft, last.Select(offset => offset.At), Commits.PartitionsMax, ready.Now, cancellationToken);
        foreach (var offset in last)
        {
            var topic = topics.Find(offset.At.Topic);
            if (topic is null || offset.At.Partition >= topic.Partitions)
            {
                return Refused<IReadOnlyList<GroupOffset>>(
                    ErrorCode.UnknownTopicOrPartition, $"There is no partition {offset.At}.");
            }

            if (Commits.Commit(ready.Draft, ready.Consumer, topic.Id, offset, ready.Now) is var error && error != ErrorCode.None)
            {
                return Refused<IReadOnlyList<GroupOffset>>(error, Refusal(error, offset.At));
            }
        }

        return new GroupAnswer<IReadOnlyList<GroupOffset>>(last);
    }

    private async ValueTask<(Decision<IReadOnlyList<GroupOffset>> Decision, bool More)> DeliveredAsync(
        Ready<GroupAnswer<IReadOnlyList<GroupOffset>>> ready, CancellationToken cancellationToken)
    {
        if (ready.Consumer is { Subscription: not null, IsMember: false })
        {
            // What it was given is open to others since; which of it is still free, nobody can tell any more.
            return (Refused<IReadOnlyList<GroupOffset>>(
                ErrorCode.StaleMemberEpoch, "The membership has expired: the group's partitions have moved on."), false);
        }

        var waiting = ready.Draft.OwnedBy(ready.Consumer).Where(row => row.Delivered >= 0)
            .Concat(ready.Consumer.Manual.Where(manual => manual.Delivered >= 0).Select(manual => ready.Draft.Partition(manual.At)))
            .OfType<PartitionRow>()
            .Where(row => row.Pending is not null && ready.Topics.Find(row.At.Topic)?.Id == row.TopicId).ToList();
        if (waiting.Count > 0)
        {
            // Half of what was delivered is not what was asked for: where one must wait, all do.
            var fates = new PendingFates(_outcomes);
            await fates.AskAsync(waiting, cancellationToken);
            if (waiting.FirstOrDefault(row => fates.Settled(row, ready.Now) is null) is { } undecided)
            {
                return (Refused<IReadOnlyList<GroupOffset>>(
                    ErrorCode.UnstableOffsetCommit, Refusal(ErrorCode.UnstableOffsetCommit, undecided.At)), false);
            }

            await fates.SettleAsync(ready.Draft, waiting.Select(row => row.At), Commits.PartitionsMax, ready.Now, cancellationToken);
            return (new GroupAnswer<IReadOnlyList<GroupOffset>>([]), true);
        }

        var (committed, more) = Commits.CommitDelivered(
            ready.Draft, ready.Consumer, ready.Topics, Commits.PartitionsMax, ready.Now);
        return (new GroupAnswer<IReadOnlyList<GroupOffset>>(committed), more);
    }

    public async ValueTask<GroupAnswer<IReadOnlyList<GroupOffset>>> CommittedAsync(
        string group, string instance, IReadOnlyList<TopicPartition>? partitions, CancellationToken cancellationToken)
    {
        using var one = await EnterAsync(group, instance, cancellationToken);
        return await DecideAsync<IReadOnlyList<GroupOffset>>(
            group, instance, joins: partitions is null,
            ready => new(new GroupAnswer<IReadOnlyList<GroupOffset>>([
                .. (partitions ?? Has(ready.Draft, ready.Consumer)).SelectMany(at => CommittedAt(ready.Draft, ready.Topics, at)),
            ])),
            cancellationToken, fresh: true);
    }

    // Of a topic that was deleted and made anew, the former's commits do not count.
    private static IEnumerable<GroupOffset> CommittedAt(GroupDraft draft, TopicList topics, TopicPartition at) =>
        draft.Partition(at) is { Committed: >= 0 } row && topics.Find(at.Topic)?.Id == row.TopicId
            ? [new GroupOffset(at, row.Committed, row.Metadata)]
            : [];

    private GroupAnswer<IReadOnlyList<GroupOffset>>? Malformed(IReadOnlyList<GroupOffset> offsets) =>
        offsets.Count > Commits.PartitionsMax
            ? Refused<IReadOnlyList<GroupOffset>>(
                ErrorCode.PolicyViolation, $"One request commits at most {Commits.PartitionsMax} partitions, as all or none of it must count.")
        : offsets.Any(offset => offset.Offset < 0 || offset.At.Partition < 0)
            ? Refused<IReadOnlyList<GroupOffset>>(ErrorCode.PolicyViolation, "A partition or an offset is negative.")
        : offsets.Any(offset => Encoding.UTF8.GetByteCount(offset.Metadata) > _options.MetadataBytesMax)
            ? Refused<IReadOnlyList<GroupOffset>>(
                ErrorCode.OffsetMetadataTooLarge, $"Metadata has at most {_options.MetadataBytesMax} bytes.")
        : null;
}
