namespace Serverless.Chaos.Checks;

/// <summary>Whether groups came to a valid assignment when faults were over (G6), and soon (G8).</summary>
public static class FinalGroups
{
    public static IEnumerable<Anomaly> Check(Evidence evidence)
    {
        foreach (var group in evidence.Groups)
        {
            if (!IsShared(group))
            {
                yield return new Anomaly("G6", $"{group.Name}: {Tell(group)}.");
            }

            if (group.SettledAfter > group.SettledAfterMax)
            {
                yield return new Anomaly("G8", $"{group.Name} settled after {group.SettledAfter}, and {group.SettledAfterMax} is promised.");
            }
        }
    }

    /// <summary>Each partition has one owner, and nobody two more than another: all members subscribe to the same.</summary>
    public static bool IsShared(FinalGroup group)
    {
        var owned = group.Owners.Values.SelectMany(partitions => partitions).ToList();
        return owned.Count == group.Partitions.Count && owned.ToHashSet().SetEquals(group.Partitions)
            && group.Owners.Values.Max(partitions => partitions.Count) - group.Owners.Values.Min(partitions => partitions.Count) <= 1;
    }

    private static string Tell(FinalGroup group) =>
        string.Join("; ", group.Owners.Select(owner => $"{owner.Key} has {string.Join(' ', owner.Value)}"));
}
