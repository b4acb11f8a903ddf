using Serverless.Chaos.History;

namespace Serverless.Chaos.Checks;

/// <summary>A rule that did not hold; the names are those of docs/guarantees.md.</summary>
public readonly record struct Anomaly(string Name, string Message)
{
    public override string ToString() => $"{Name}: {Message}";
}

/// <summary>How the members of a group consume.</summary>
public enum Delivery
{
    /// <summary>They commit by request.</summary>
    Manual,

    /// <summary>A later request of theirs commits what was delivered before.</summary>
    Auto,

    /// <summary>A poll commits what it delivers.</summary>
    AtMostOnce,
}

/// <summary>A group when faults were over: who had what, and how long that took.</summary>
public sealed record FinalGroup(
    string Name, Delivery Delivery, IReadOnlyList<At> Partitions, IReadOnlyDictionary<string, IReadOnlyList<At>> Owners, TimeSpan SettledAfter,
    TimeSpan SettledAfterMax);

/// <summary>What there is to check: everything that clients did and saw, and all that was read when it was over.</summary>
public sealed record Evidence(
    IReadOnlyList<Operation> Operations, IReadOnlyDictionary<At, IReadOnlyList<Seen>> Logs, IReadOnlyList<FinalGroup> Groups)
{
    public IEnumerable<(Operation Operation, T Step)> Of<T>()
        where T : Step => Operations.Where(operation => operation.Step is T).Select(operation => (operation, (T)operation.Step));

    /// <summary>Every sighting of a record by an ok poll or read.</summary>
    public IEnumerable<(Operation Operation, Seen Record)> Sightings() => Operations.Where(operation => operation.IsOk)
        .SelectMany(operation => (operation.Step switch
        {
            Poll poll => poll.Records,
            Read read => read.Records,
            _ => [],
        }).Select(record => (operation, record)));
}
