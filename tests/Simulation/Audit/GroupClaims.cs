using Serverless.Core.Groups.Rows;
using Serverless.Simulation.Engine;

namespace Serverless.Simulation.Audit;

/// <summary>What clients of one group asked for and were given: the rows are held against it.</summary>
internal sealed class GroupClaims
{
    private readonly HashSet<string> _leaving = new(StringComparer.Ordinal);
    private readonly Dictionary<(string TopicId, int Partition), GroupOffsets> _offsets = [];
    private readonly HashSet<string> _refused = new(StringComparer.Ordinal);

    /// <summary>The instance, or the static member, was asked to leave or to make way: from now on it may.</summary>
    public void Leaves(string nameOrStaticId) => _leaving.Add(nameOrStaticId);

    public bool MayEnd(ConsumerRow member) =>
        _leaving.Contains(member.Name) || (member.Settings.GroupInstanceId is { } id && _leaving.Contains(id));

    public GroupOffsets Offsets(string topicId, int partition)
    {
        if (!_offsets.TryGetValue((topicId, partition), out var offsets))
        {
            offsets = _offsets[(topicId, partition)] = new GroupOffsets(_refused);
        }

        return offsets;
    }

    /// <summary>A commit with this metadata was refused for good: it must never show.</summary>
    public void Refused(string metadata)
    {
        Guarantee.Holds(
            _offsets.Values.All(offsets => !offsets.Shows(metadata)), "A1",
            $"The commit {metadata} was refused for good, and had been made.");
        _refused.Add(metadata);
    }
}

/// <summary>A step of a position, made by a transaction: what a poll may deliver, once.</summary>
internal readonly record struct Advance(string Instance, long From, long To);

/// <summary>One partition in one group: what was delivered to clients, and every commit in order.</summary>
internal sealed class GroupOffsets(HashSet<string> refused)
{
    private readonly HashSet<long> _delivered = [];
    private readonly List<long> _commits = [-1];
    private readonly HashSet<string> _metadata = new(StringComparer.Ordinal);
    private long _deliveredTo;

    /// <summary>Steps whose records nobody has received yet.</summary>
    public List<Advance> Advances { get; } = [];

    /// <summary>Somebody moved back on purpose, so commits may too.</summary>
    public bool Rewound { get; set; }

    /// <summary>Which commit is the newest; a read that begins now must not be older.</summary>
    public int Version => _commits.Count - 1;

    public bool Shows(string metadata) => _metadata.Contains(metadata);

    public void Committed(string group, PartitionRow row, PartitionAudit log)
    {
        Guarantee.Holds(!refused.Contains(row.Metadata), "A1", $"{group}: the commit {row.Metadata} was refused for good, and then made.");
        Guarantee.Holds(
            row.Committed >= _commits[^1] || Rewound, "G3",
            $"{group}: the commit of {row.At} goes back from {_commits[^1]} to {row.Committed}.");
        Guarantee.Holds(
            DeliveredTo(log) >= row.Committed, "G5",
            $"{group}: {row.At} is committed at {row.Committed}, and {_deliveredTo} was delivered to nobody.");
        _commits.Add(row.Committed);
        _metadata.Add(row.Metadata);
    }

    /// <summary>A client received these: exactly the step that a transaction made for it, and for nobody else.</summary>
    public void Received(string group, string instance, long from, long to, PartitionAudit log)
    {
        var found = Advances.FindIndex(step => step.Instance == instance && step.To == to
            && (step.From == from || step.From < 0 || step.From < log.Start));
        Guarantee.Holds(found >= 0, "G4", $"{group}: {instance} received {from} to {to} of {log.Name} without having moved there.");
        Advances.RemoveAt(found);
        for (var offset = from; offset < to; offset++)
        {
            _delivered.Add(offset);
        }
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
