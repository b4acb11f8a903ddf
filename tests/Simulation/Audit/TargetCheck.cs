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

    /// <summary>With `uniform` nothing moves that could have stayed where it was in a fair assignment.</summary>
    /// <remarks>
    /// All shares are the floor of the mean, but for the remainder, which are one more. Most stays when those get one more
    /// that had most before.
    /// </remarks>
    public static void Fewest(string group, GroupTarget former, GroupRow row)
    {
        var target = row.Target;
        if (row.Assignor != Assignor.Uniform || target.Members.Length == 0)
        {
            return;
        }

        var (share, remainder) = Math.DivRem(target.Owners.Count, target.Members.Length);
        var most = target.Members
            .Select(member => former.Of(member.Id).Count(target.Owners.ContainsKey))
            .OrderDescending()
            .Select((had, index) => Math.Min(had, index < remainder ? share + 1 : share))
            .Sum();
        var stays = target.Owners.Count(owner => former.Gives(owner.Key, owner.Value));
        Guarantee.Holds(stays == most, "G6", $"{group}: at epoch {row.Epoch} {stays} partitions stay, and {most} could.");
    }
}
