using System.Collections.Immutable;
using System.Text;
using Serverless.Core.Groups.Rows;
using Serverless.Core.Log;

namespace Serverless.Core.Groups;

/// <content>What an instance consumes: by subscription or by hand.</content>
public sealed partial class ConsumerGroups
{
    // Kafka's: no topic has a longer name, so none will ever be there to read.
    private const int TopicNameLengthMax = 249;

    public async ValueTask<GroupAnswer> SubscribeAsync(
        string group, string instance, Subscription subscription, CancellationToken cancellationToken)
    {
        if (subscription is { Topics: null, Pattern: null } or { Topics: not null, Pattern: not null })
        {
            return new(ErrorCode.PolicyViolation, "A subscription has either topics or a pattern.");
        }

        if (subscription.Pattern is { } pattern && TopicPattern.Find(pattern) is null)
        {
            return new(ErrorCode.PolicyViolation, "The topic pattern is no regular expression, or one that can take too long.");
        }

        if (subscription.Topics is { } topics)
        {
            subscription = new([.. topics.Distinct().Order(StringComparer.Ordinal)], null);
            if (topics.Sum(topic => Encoding.UTF8.GetByteCount(topic)) > _options.SubscriptionBytesMax)
            {
                return new(ErrorCode.PolicyViolation, $"A subscription has at most {_options.SubscriptionBytesMax} bytes of names.");
            }
        }

        using var one = await EnterAsync(group, instance, cancellationToken);
        using var all = await EnterGroupAsync(group, cancellationToken);
        var ready = await Request<bool>(group, instance, subscription.Topics).ReadyAsync(
            ReleaseMode.WhatIsIdle, renew: true, fresh: true, Subscribe, cancellationToken);
        return new(ready.Error, ready.Message);

        GroupAnswer Subscribe(GroupDraft draft, ConsumerRow consumer, TopicList topics)
        {
            if (!consumer.Manual.IsEmpty)
            {
                return new(ErrorCode.InvalidRequest, "The consumer instance has a manual assignment.");
            }

            draft.Put(consumer with { Subscription = subscription });
            return GroupAnswer.Done;
        }
    }

    public async ValueTask<GroupAnswer<IReadOnlyList<string>>> SubscriptionAsync(
        string group, string instance, CancellationToken cancellationToken)
    {
        using var one = await EnterAsync(group, instance, cancellationToken);
        return await DecideAsync<IReadOnlyList<string>>(
            group, instance, joins: false,
            ready =>
            {
                // Topics that do not exist yet are subscribed to all the same.
                var subscription = ready.Consumer.Subscription;
                return new(new GroupAnswer<IReadOnlyList<string>>(
                    subscription?.Topics ?? [.. ready.Topics.Meant(subscription)]));
            },
            cancellationToken, fresh: true);
    }

    public async ValueTask<GroupAnswer> UnsubscribeAsync(
        string group, string instance, CancellationToken cancellationToken)
    {
        using var one = await EnterAsync(group, instance, cancellationToken);
        using var all = await EnterGroupAsync(group, cancellationToken);
        return await DecideAsync(
            group, instance, joins: false,
            ready => new(new Decision<bool>(
                new(true), Instances.Leave(ready.Draft, instance, stays: true, ready.Topics, ready.Now))),
            cancellationToken);
    }

    public async ValueTask<GroupAnswer> AssignAsync(
        string group, string instance, IReadOnlyList<TopicPartition> partitions, CancellationToken cancellationToken)
    {
        if (partitions.Count > _options.ManualPartitionsMax
            || partitions.Any(at => at.Partition < 0 || at.Topic.Length > TopicNameLengthMax))
        {
            return new(
                ErrorCode.PolicyViolation, $"An assignment has at most {_options.ManualPartitionsMax} partitions of topics that can be, none negative.");
        }

        using var one = await EnterAsync(group, instance, cancellationToken);
        var answer = await DecideAsync<bool>(group, instance, joins: false, AssignedAsync, cancellationToken, fresh: true);
        return new(answer.Error, answer.Message);

        async ValueTask<Decision<bool>> AssignedAsync(Ready<GroupAnswer<bool>> ready)
        {
            if (ready.Consumer.Subscription is not null)
            {
                return Refused<bool>(ErrorCode.InvalidRequest, "The consumer instance has a subscription.");
            }

            if (Commits.IsAutomatic(ready.Consumer)
                && Commits.CommitDelivered(
                    ready.Draft, ready.Consumer, ready.Topics, Commits.PartitionsMax, ready.Now).More)
            {
                return new(new(true), IsPart: true);
            }

            // Listed topics may be a little old: what was made since then must not seem to come after the assignment, and what is
            // deleted must not be read from its start because its offsets are.
            var topics = await _topics.RefreshedAsync(
                ready.Topics, partitions.Select(at => at.Topic).Distinct(), cancellationToken);
            var consumer = ready.Draft.Consumers[instance];
            var manual = new List<ManualPartition>();
            foreach (var at in partitions.Distinct())
            {
                manual.Add(consumer.Manual.FirstOrDefault(known => known.At == at)
                    ?? new ManualPartition(at, topics.Find(at.Topic)?.Id ?? "", -1, -1));
            }

            var fates = new PendingFates(_outcomes);
            var waiting = manual.Where(entry => entry.Position < 0).Select(entry => ready.Draft.Partition(entry.At))
                .OfType<PartitionRow>().Where(row => row.Pending is not null).ToList();
            await fates.AskAsync(waiting, cancellationToken);
            if (consumer.Settings.IsolationLevel == IsolationLevel.ReadCommitted
                && waiting.FirstOrDefault(row => fates.Settled(row, ready.Now) is null) is { } undecided)
            {
                // Where it would start may still move; whoever reads what is not committed starts where Kafka lets him (KIP-447).
                return Refused<bool>(ErrorCode.UnstableOffsetCommit, Refusal(ErrorCode.UnstableOffsetCommit, undecided.At));
            }

            var settled = waiting.Select(row => fates.Settled(row, ready.Now) ?? row).ToDictionary(row => row.At);
            ready.Draft.Put(consumer with
            {
                Manual = [.. await PlacedAsync(ready.Draft, settled, consumer.Settings, topics, manual, cancellationToken)],
            });
            return new GroupAnswer<bool>(true);
        }
    }

    // Committed offsets, or where auto.offset.reset says; left open where the partition does not exist yet.
    private async ValueTask<IReadOnlyList<ManualPartition>> PlacedAsync(
        GroupDraft draft, Dictionary<TopicPartition, PartitionRow> settled, ConsumerSettings settings, TopicList topics,
        List<ManualPartition> manual, CancellationToken cancellationToken)
    {
        var resets = new List<PartitionPosition>();
        for (var index = 0; index < manual.Count; index++)
        {
            var (at, topicId, position, _) = manual[index];
            var topic = topics.Find(at.Topic);
            if (position >= 0 || topic is null || topic.Id != topicId)
            {
                continue;
            }

            if (at.Partition >= topic.Partitions)
            {
                manual[index] = manual[index] with { TopicId = "" };
                continue;
            }

            var committed = PollProtocol.Committed(settled.GetValueOrDefault(at) ?? draft.Partition(at), topic.Id);
            manual[index] = manual[index] with { Position = committed };
            if (committed < 0 && settings.AutoOffsetReset != AutoOffsetReset.None)
            {
                resets.Add(new(topic, at.Partition, index));
            }
        }

        var found = await _marks.OffsetsAsync(resets, cancellationToken);
        for (var index = 0; index < resets.Count; index++)
        {
            var place = (int)resets[index].Offset;
            manual[place] = manual[place] with
            {
                Position = settings.AutoOffsetReset == AutoOffsetReset.Earliest
                    ? found[index].LogStartOffset
                    : found[index].EndFor(settings.IsolationLevel),
            };
        }

        return manual;
    }

    public async ValueTask<GroupAnswer<IReadOnlyList<TopicPartition>>> AssignmentAsync(
        string group, string instance, CancellationToken cancellationToken)
    {
        using var one = await EnterAsync(group, instance, cancellationToken);
        return await DecideAsync<IReadOnlyList<TopicPartition>>(
            group, instance, joins: true,
            ready => new(new GroupAnswer<IReadOnlyList<TopicPartition>>(Has(ready.Draft, ready.Consumer))),
            cancellationToken, fresh: true);
    }

    private static ImmutableArray<TopicPartition> Has(GroupDraft draft, ConsumerRow consumer) =>
        [.. PollProtocol.Positions(draft, consumer).Select(position => position.At)];
}
