using Serverless.Core.Groups.Rows;

namespace Serverless.Core.Groups;

/// <summary>Moving positions: of what the consumer has, all or none, and without a commit.</summary>
internal static class SeekProtocol
{
    /// <summary>Whether the consumer has the partition, by its share of the group or by hand.</summary>
    public static bool Has(GroupDraft draft, ConsumerRow consumer, TopicPartition at) =>
        PollProtocol.Positions(draft, consumer).Any(position => position.At == at);

    /// <param name="topicId">The topic's id; empty where it does not exist, as a manual assignment allows.</param>
    public static void Seek(GroupDraft draft, ConsumerRow consumer, TopicPartition at, string topicId, long offset)
    {
        if (consumer.IsMember)
        {
            draft.Put(draft.Partition(at)! with { Position = offset });
            return;
        }

        var index = consumer.Manual.ToList().FindIndex(manual => manual.At == at);
        draft.Put(consumer with
        {
            Manual = consumer.Manual.SetItem(index, consumer.Manual[index] with { TopicId = topicId, Position = offset }),
        });
    }
}
