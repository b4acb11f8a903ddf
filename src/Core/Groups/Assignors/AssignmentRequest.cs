using System.Collections.Immutable;

namespace Serverless.Core.Groups.Assignors;

/// <summary>A member as an assignor sees it: its id, and the topics that it subscribes to and that exist.</summary>
public sealed record AssignorMember(string Id, ImmutableSortedSet<string> Topics);

/// <summary>What is to be shared: who takes part, what there is, and who was given what before.</summary>
/// <param name="Members">In ordinal order of their ids.</param>
/// <param name="Topics">Partition counts of the existing topics, by name.</param>
/// <param name="Current">The former target; owners that are no members any more may be among it.</param>
public sealed record AssignmentRequest(
    IReadOnlyList<AssignorMember> Members,
    ImmutableSortedDictionary<string, int> Topics,
    IReadOnlyDictionary<TopicPartition, string> Current)
{
    /// <summary>All partitions of all topics, by topic and number.</summary>
    public IEnumerable<TopicPartition> Partitions()
    {
        foreach (var (topic, count) in Topics)
        {
            for (var partition = 0; partition < count; partition++)
            {
                yield return new TopicPartition(topic, partition);
            }
        }
    }
}
