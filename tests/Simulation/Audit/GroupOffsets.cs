using Serverless.Core.Groups.Rows;
using Serverless.Simulation.Engine;

namespace Serverless.Simulation.Audit;

/// <summary>A step of a position, made by a transaction: what a poll may deliver, once. <c>Committed</c> is as of that transaction.</summary>
internal readonly record struct Advance(string Instance, long From, long To, long Committed);

/// <summary>One partition in one group: what was delivered to clients, and every commit in order.</summary>
internal sealed class GroupOffsets(GroupClaims claims)
{
    private readonly HashSet<long> _delivered = [];
    private readonly List<long> _commits = [-1];
    private readonly HashSet<string> _metadata = new(StringComparer.Ordinal);
    private readonly HashSet<string> _sought = new(StringComparer.Ordinal);
    private long _deliveredTo;
    private bool _wentBack;

    /// <summary>Steps whose records nobody has received yet.</summary>
    public List<Advance> Advances { get; } = [];

    /// <summary>Which commit is the newest; a read that begins now must not be older.</summary>
    public int Version => _commits.Count - 1;

    /// <summary>Its topic was deleted, and the group knows nothing of it any more: nobody may begin to read it.</summary>
    public bool IsForgotten { get; private set; }

    public bool Shows(string metadata) => _metadata.Contains(metadata);

    /// <summary>A position moved back: only where its owner asked for that. From then on its commits may too, as long as it owns it.</summary>
    public void Sought(string group, string owner, PartitionRow was, PartitionRow row)
    {
        Guarantee.Holds(
            claims.Sought(owner, row.TopicId, row.At.Partition), "G4",
            $"{group}: {row.At} goes back from {was.Position} to {row.Position}, and {owner} did not ask for that.");
        _sought.Add(row.Owner);
        _wentBack = true;
    }

    /// <summary>A commit that took effect, made by <paramref name="by"/>; null where it bears no tag.</summary>
    public void Committed(string group, PartitionRow was, PartitionRow row, CommitClaim? by, PartitionAudit log)
    {
        // The register: whoever names an offset may go back while his request is under way; nobody else, and nothing late.
        var back = row.Committed < was.Committed;
        Guarantee.Holds(by is not { IsOver: true }, "G3", $"{group}: the commit {row.Metadata} was made again after it had been answered.");
        Guarantee.Holds(
            !back || by is not null || _sought.Contains(was.Owner), "G3",
            $"{group}: the commit of {row.At} goes back from {was.Committed} to {row.Committed}.");
        Guarantee.Holds(
            claims.AtMostOnce || DeliveredTo(log) >= row.Committed, "G5",
            $"{group}: {row.At} is committed at {row.Committed}, and {_deliveredTo} was delivered to nobody.");
        if (by is not null && row.Owner.Length > 0 && row.Committed > row.Position)
        {
            // The owner committed what it was given before it lost the partition and had it again. As in Kafka its position stays
            // where it is, and the next commit of a poll goes back to that.
            _sought.Add(row.Owner);
        }

        _wentBack |= back;
        _commits.Add(row.Committed);
        _metadata.Add(row.Metadata);
    }

    /// <summary>The topic is gone, and its commits with it.</summary>
    public void Forgotten()
    {
        _commits.Add(-1);
        IsForgotten = true;
    }

    /// <summary>A client received these: exactly the step that a transaction made for it, and for nobody else.</summary>
    public void Received(string group, string instance, long from, long to, PartitionAudit log)
    {
        // The newest: a reset may have moved over the same offsets before, with nothing to receive. One that began just there comes
        // first: of two polls at once, a step that the log's start has passed since may be the other's.
        // And of two polls at once that are looked at together, the second may have been moved over what the first has received,
        // where the group was set back in between: at most once, what is received is a step that was committed.
        bool Began(Advance step) => step.From == from;
        bool BeganBelow(Advance step) => step.From < 0 || step.From < log.Start;
        bool IsCommitted(Advance step) => !claims.AtMostOnce || step.Committed >= to;
        var found = Newest(step => Began(step) && IsCommitted(step));
        found = found >= 0 ? found : Newest(step => BeganBelow(step) && IsCommitted(step));
        found = found >= 0 ? found : Newest(step => Began(step) || BeganBelow(step));
        Guarantee.Holds(found >= 0, "G4", $"{group}: {instance} received {from} to {to} of {log.Name} without having moved there.");
        Guarantee.Holds(
            !claims.AtMostOnce || Advances[found].Committed >= to, "G5",
            $"{group}: {instance} received {from} to {to} of {log.Name} before that was committed.");
        Advances.RemoveAt(found);
        for (var offset = from; offset < to; offset++)
        {
            Guarantee.Holds(
                _delivered.Add(offset) || !claims.AtMostOnce || _wentBack, "G5",
                $"{group}: {instance} received {offset} of {log.Name}, which was delivered before, at most once.");
        }

        int Newest(Predicate<Advance> fits) =>
            Advances.FindLastIndex(step => step.Instance == instance && step.To == to && fits(step));
    }

    /// <summary>Everything below was received by somebody, or is no longer in the log.</summary>
    public long DeliveredTo(PartitionAudit log)
    {
        while (_deliveredTo < log.End && (_deliveredTo < log.Start || _delivered.Contains(_deliveredTo)))
        {
            _deliveredTo++;
        }

        return _deliveredTo;
    }

    /// <summary>A commit that was read: one that stood at some time since <paramref name="version"/> was the newest.</summary>
    public void Read(string group, long committed, int version) => Guarantee.Holds(
        _commits.Skip(version).Contains(committed), "G3",
        $"{group}: the commit {committed} was read, and {string.Join(", ", _commits.Skip(version))} stood meanwhile.");
}
