using Serverless.Core.Groups.Assignors;
using Serverless.Core.Groups.Rows;
using Serverless.Simulation.Engine;

namespace Serverless.Simulation.Audit;

/// <summary>Whether an assignment is valid and fair.</summary>
internal static class TargetCheck
{
    public static void Valid(string group, GroupRow row, IReadOnlyList<ConsumerRow> members)
    {
        var ids = members.Select(member => member.MemberId).ToHashSet(StringComparer.Ordinal);
        Guarantee.Holds(
            row.Target.Owners.Values.All(ids.Contains), "G6", $"{group}: epoch {row.Epoch} gives partitions to who is no member.");
        if (members.Count == 0)
        {
            return;
        }

        // All members of a simulated group subscribe to the same: so each partition has one of them, and nobody has two more
        // than another; with `range` that holds topic by topic.
        Guarantee.Holds(
            row.Target.Topics.Sum(topic => topic.Partitions) == row.Target.Owners.Count, "G6",
            $"{group}: epoch {row.Epoch} gives {row.Target.Owners.Count} of {row.Target.Topics.Sum(topic => topic.Partitions)} partitions.");
        var parts = row.Assignor == Assignor.Range
            ? row.Target.Owners.GroupBy(owner => owner.Key.Topic).Select(topic => topic.Select(owner => owner.Value))
            : [row.Target.Owners.Values];
        foreach (var part in parts)
        {
            var counts = ids.Select(id => part.Count(owner => owner == id)).ToList();
            Guarantee.Holds(
                counts.Max() - counts.Min() <= 1, "G6", $"{group}: epoch {row.Epoch} gives {string.Join(", ", counts)} partitions.");
        }
    }
}
