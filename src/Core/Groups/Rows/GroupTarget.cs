using System.Collections.Immutable;

namespace Serverless.Core.Groups.Rows;

/// <summary>A topic as the target was computed from it.</summary>
/// <param name="BornAt">
/// Partitions from this one on came into being after the group subscribed: all that is in them is newer than the
/// subscription, so <c>latest</c> starts at their beginning.
/// </param>
public sealed record TargetTopic(string Name, string Id, int Partitions, int BornAt);

/// <summary>A member that the target was computed for, and the incarnation that it had then.</summary>
public readonly record struct TargetMember(string Id, string Incarnation);

/// <summary>Who is to own what at one epoch of the group.</summary>
/// <remarks>Upholds <b>one epoch, one assignment</b>: it is written only together with a higher epoch.</remarks>
public sealed class GroupTarget
{
    private readonly ImmutableSortedDictionary<TopicPartition, string> _owners;
    private readonly Dictionary<string, List<TopicPartition>> _byMember = [];

    public GroupTarget(
        ImmutableArray<TargetTopic> topics, ImmutableArray<TargetMember> members,
        ImmutableSortedDictionary<TopicPartition, string> owners)
    {
        Topics = topics;
        Members = members;
        _owners = owners;
        foreach (var (at, member) in owners)
        {
            if (!_byMember.TryGetValue(member, out var owned))
            {
                _byMember.Add(member, owned = []);
            }

            owned.Add(at);
        }
    }

    public static GroupTarget Empty { get; } = new([], [], ImmutableSortedDictionary<TopicPartition, string>.Empty);

    /// <summary>In ordinal order of their names.</summary>
    public ImmutableArray<TargetTopic> Topics { get; }

    /// <summary>In ordinal order of their ids.</summary>
    public ImmutableArray<TargetMember> Members { get; }

    public ImmutableSortedDictionary<TopicPartition, string> Owners => _owners;

    public IReadOnlyList<TopicPartition> Of(string member) => _byMember.GetValueOrDefault(member) ?? [];

    public bool Gives(TopicPartition at, string member) => _owners.GetValueOrDefault(at) == member;

    public TargetTopic? Topic(string name) => Topics.FirstOrDefault(topic => topic.Name == name);
}
