using Serverless.Core.Groups.Rows;

namespace Serverless.Core.Groups;

/// <summary>Where a partition stands, and how it moves on from there and from nowhere else.</summary>
internal static class ShareProtocol
{
    public static OffsetMark MarkOf(PartitionRow row) =>
        row.Committed >= 0 ? new(row.Committed, row.Metadata) : new(row.Position, "");

    /// <summary>Whether the partition stands where somebody believes it to.</summary>
    public static bool StandsAt(PartitionRow row, string topicId, OffsetMark mark) => row.TopicId == topicId && MarkOf(row) == mark;

    /// <exception cref="StaleStateException">The rows contradict each other.</exception>
    public static StepOutcome Step(GroupDraft draft, ConsumerRow consumer, ShareStep step, DateTimeOffset now)
    {
        if (draft.Partition(step.At) is not { } row || draft.OwnerOf(row)?.Name != consumer.Name
            || !StandsAt(row, step.TopicId, step.From))
        {
            return StepOutcome.Moved;
        }

        if (row.Pending is not null)
        {
            return StepOutcome.Pending;
        }

        draft.Put(row.Commit(step.To.Offset, step.To.Metadata, now) with
        {
            Position = Math.Max(step.To.Offset, step.InFlightTo),
            Delivered = step.InFlightTo,
        });
        return StepOutcome.Done;
    }
}
