using Serverless.Core.Groups.Rows;

namespace Serverless.Core.Groups;

/// <summary>Which partitions a poll reads, and how what it read changes the rows.</summary>
internal static class PollProtocol
{
    /// <summary>The partitions that the consumer has and that exist, the one after the last served first.</summary>
    public static IReadOnlyList<Reading> Readings(GroupDraft draft, ConsumerRow consumer, TopicList topics)
    {
        var readings = new List<Reading>();
        foreach (var (at, topicId, position) in Positions(draft, consumer))
        {
            if (topics.Find(at.Topic) is { } topic && at.Partition < topic.Partitions)
            {
                // Without a topic id it was sought by hand before the topic was there.
                var known = topicId == topic.Id || topicId.Length == 0 ? position : -1;
                var start = known >= 0 ? known : Committed(draft, at, topic.Id);
                readings.Add(new(at, topic, known, start));
            }
        }

        if (consumer.Turn is not { } turn)
        {
            return readings;
        }

        return [.. readings.Where(reading => reading.At > turn), .. readings.Where(reading => reading.At <= turn)];
    }

    /// <summary>Where the consumer stands in what it has, by topic and partition: its share of the group, or its manual assignment.</summary>
    public static IEnumerable<(TopicPartition At, string TopicId, long Position)> Positions(
        GroupDraft draft, ConsumerRow consumer) => consumer.IsMember
        ? Share(draft, consumer).Select(row => (row.At, row.TopicId, row.Position))
        : consumer.Manual.OrderBy(manual => manual.At).Select(manual => (manual.At, manual.TopicId, manual.Position));

    /// <summary>What a member owns and is to keep.</summary>
    public static IEnumerable<PartitionRow> Share(GroupDraft draft, ConsumerRow consumer) =>
        draft.OwnedBy(consumer).Where(row => draft.Group.Target.Gives(row.At, consumer.MemberId));

    /// <summary>The committed offset in this very topic, or -1.</summary>
    public static long Committed(GroupDraft draft, TopicPartition at, string topicId) => Committed(draft.Partition(at), topicId);

    public static long Committed(PartitionRow? row, string topicId) => row?.TopicId == topicId ? row.Committed : -1;

    /// <summary>Moves the consumer to behind what it is being given.</summary>
    /// <returns>When at-most-once cannot commit: StaleMemberEpoch, as a member of the group owns the partition, or UnstableOffsetCommit.</returns>
    public static ErrorCode Advance(
        GroupDraft draft, string instance, PollSelection selection, DateTimeOffset now)
    {
        var consumer = draft.Consumers[instance];
        var manual = consumer.Manual.ToBuilder();
        var first = consumer.Settings.DeliveryMode == DeliveryMode.AtMostOnce;
        foreach (var step in selection.Progress)
        {
            // Markers behind the records count as delivered, or a consumer that has all would lag for ever.
            var moved = step.Records > 0 || (step.From >= 0 && step.To > step.From);
            var delivered = moved && !first ? step.To : (long?)null;
            if (consumer.IsMember)
            {
                var row = draft.Partition(step.At)!;
                draft.Put(row with { Position = step.To, Delivered = delivered ?? row.Delivered });
            }
            else
            {
                var index = manual.ToList().FindIndex(entry => entry.At == step.At);
                manual[index] = new(step.At, step.TopicId, step.To, delivered ?? manual[index].Delivered);
            }
        }

        draft.Put(draft.Consumers[instance] with
        {
            Manual = manual.ToImmutable(),
            Turn = selection.Turn ?? consumer.Turn,
            PolledAt = now,
        });

        return !first
            ? ErrorCode.None
            : selection.Progress.Where(step => step.Records > 0)
                .Select(step => Commits.Commit(draft, consumer, step.TopicId, new(step.At, step.To), now))
                .FirstOrDefault(error => error != ErrorCode.None);
    }
}
