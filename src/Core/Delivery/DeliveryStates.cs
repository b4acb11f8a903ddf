using Serverless.Core.Groups;
using Serverless.Core.Log;
using Serverless.Core.Topics;

namespace Serverless.Core.Delivery;

/// <summary>How far a delivery has come in one partition.</summary>
/// <param name="Next">The next offset to be delivered, or to be tried again.</param>
/// <param name="StableEnd">Below it everything is decided, and so can be delivered.</param>
/// <param name="Range">The batch that is being sent, or has failed; null where none is.</param>
public sealed record PartitionProgress(TopicPartition At, long Next, long StableEnd, long LogEnd, RangeMark? Range)
{
    public long Lag => Math.Max(0, LogEnd - Next);

    /// <summary>There is something to do now.</summary>
    public bool IsDue(DateTimeOffset now) => Next < StableEnd && !(Range?.Due > now);
}

/// <summary>Deliveries as the rows of their groups, and the logs, tell them; nothing is kept beside those.</summary>
public sealed class DeliveryStates(IConsumerGroups groups, ITopicCatalog topics, IPartitionLogs logs, TimeProvider clock)
{
    private const int LooksAtOnce = 8;

    /// <summary>All partitions that the delivery is about, and a time to hold against <see cref="RangeMark.Due"/>.</summary>
    public async ValueTask<(IReadOnlyList<PartitionProgress> Partitions, DateTimeOffset Now)> PartitionsAsync(
        GroupDelivery delivery, CancellationToken cancellationToken)
    {
        var committed = (await groups.GroupOffsetsAsync(delivery.Group, null, cancellationToken)).ToDictionary(offset => offset.At);
        var all = (await topics.ListAsync(cancellationToken))
            .Where(topic => SubscribedTopics.Has(delivery.Settings.Subscription, topic))
            .SelectMany(topic => Enumerable.Range(0, topic.Partitions).Select(partition => (topic, partition)));
        var found = new List<PartitionProgress>();
        foreach (var some in all.Chunk(LooksAtOnce))
        {
            found.AddRange(await Task.WhenAll(some.Select(one => OfAsync(one.topic, one.partition, committed, cancellationToken))));
        }

        // By the service's clock, as what failed is due by that: this process's own may be off.
        return (found, delivery.Served.Now + clock.GetElapsedTime(delivery.Served.At));
    }

    private async Task<PartitionProgress> OfAsync(
        Topic topic, int partition, Dictionary<TopicPartition, GroupOffset> committed, CancellationToken cancellationToken)
    {
        var at = new TopicPartition(topic.Name, partition);
        var offsets = await logs.OffsetsAsync(topic, partition, cancellationToken);
        if (!committed.TryGetValue(at, out var commit))
        {
            return new(at, offsets.LogStartOffset, offsets.LastStableOffset, offsets.LogEndOffset, null);
        }

        var range = RangeMark.Of(new(commit.Offset, commit.Metadata));
        return new(at, commit.Offset, offsets.LastStableOffset, offsets.LogEndOffset, range);
    }
}

/// <summary>Which topics a subscription has.</summary>
public static class SubscribedTopics
{
    public static bool Has(Subscription subscription, Topic topic) => !topic.IsInternal && Has(subscription, topic.Name);

    public static bool Has(Subscription subscription, string topic) => subscription is { Pattern: { } pattern }
        ? TopicPattern.Find(pattern)?.IsMatch(topic) == true
        : subscription.Topics?.Contains(topic) == true;
}
