using Serverless.Core.Groups.Rows;
using Serverless.Simulation.Engine;

namespace Serverless.Simulation.Audit;

/// <summary>What clients of one group asked for and were given: the rows are held against it.</summary>
internal sealed class GroupClaims
{
    private readonly HashSet<string> _leaving = new(StringComparer.Ordinal);
    private readonly HashSet<string> _returning = new(StringComparer.Ordinal);
    private readonly Dictionary<string, CommitClaim> _commits = new(StringComparer.Ordinal);
    private readonly HashSet<(string Instance, string TopicId, int Partition)> _seeks = [];
    private readonly Dictionary<(string TopicId, int Partition), GroupOffsets> _offsets = [];

    /// <summary>The group's consumers asked for delivery at most once.</summary>
    public bool AtMostOnce { get; set; }

    /// <summary>The instance was asked to leave, or to make way for another of its name: from now on it may.</summary>
    public void Leaves(string name) => _leaving.Add(name);

    /// <summary>A new instance of that name is there, and stays.</summary>
    public void Stays(string name) => _leaving.Remove(name);

    public bool MayLeave(string name) => _leaving.Contains(name);

    /// <summary>A static member begins anew: its former process ends in the very moment in which the next one takes its place.</summary>
    public void Returns(string staticId) => _returning.Add(staticId);

    public bool IsReturning(ConsumerRow member) =>
        member.Settings.GroupInstanceId is { } id && _returning.Contains(id);

    public GroupOffsets Offsets(string topicId, int partition)
    {
        if (!_offsets.TryGetValue((topicId, partition), out var offsets))
        {
            offsets = _offsets[(topicId, partition)] = new GroupOffsets(this);
        }

        return offsets;
    }

    /// <summary>A request to move back is sent; nobody knows when it is served.</summary>
    public void Seeks(string instance, string topicId, int partition) => _seeks.Add((instance, topicId, partition));

    public bool Sought(string instance, string topicId, int partition) => _seeks.Contains((instance, topicId, partition));

    /// <summary>A commit with this metadata is sent; by an operator where there is no instance.</summary>
    public void Commits(string tag, string? instance) => _commits.Add(tag, new CommitClaim(instance));

    public CommitClaim? CommitOf(string tag) => _commits.GetValueOrDefault(tag);

    /// <summary>It was answered, and must not be made again.</summary>
    public void Answered(string tag) => _commits[tag].IsOver = true;

    /// <summary>It was refused for good: it must never show.</summary>
    public void Refused(string tag)
    {
        Guarantee.Holds(
            _offsets.Values.All(offsets => !offsets.Shows(tag)), "A1",
            $"The commit {tag} was refused for good, and had been made.");
        _commits[tag].IsRefused = true;
    }
}

/// <summary>A commit that names offsets, and what became of its request.</summary>
internal sealed class CommitClaim(string? instance)
{
    /// <summary>Null for an operator.</summary>
    public string? Instance { get; } = instance;

    public bool IsOver { get; set; }

    public bool IsRefused { get; set; }
}
