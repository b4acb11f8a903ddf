using System.Collections.Immutable;
using Serverless.Core.Topics;

namespace Serverless.Core.Groups.View;

/// <summary>Kafka's topic of committed offsets, <c>__consumer_offsets</c>: here it is a view of the groups' rows, to be read only.</summary>
/// <remarks>
/// <para>
/// A group's commits are in the partition that Kafka would put them in. Each key, a group's partition, has its last commit alone, as
/// after compaction; a later commit has a higher offset (<see cref="OffsetsPartition"/>). What is gone, a deleted group or a deleted
/// topic's offsets, leaves no tombstone.
/// </para>
/// <para>
/// No topic can have its name or its id: names that begin with <c>__</c> are refused, and an id is made of hexadecimal digits.
/// </para>
/// </remarks>
public static class OffsetsTopic
{
    public const string Name = "__consumer_offsets";

    /// <summary>Kafka's <c>offsets.topic.num.partitions</c>.</summary>
    public const int Partitions = 50;

    public static Topic Topic { get; } = new(Name, Name, Partitions, new TopicSettings(
        ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal).Add(TopicSetting.CleanupPolicy.Name, "compact")));

    /// <summary>Where Kafka puts a group: <c>Utils.abs(group.hashCode()) % 50</c>.</summary>
    public static int PartitionOf(string group)
    {
        var hash = 0;
        foreach (var unit in group)
        {
            hash = unchecked((31 * hash) + unit);
        }

        return hash == int.MinValue ? 0 : Math.Abs(hash) % Partitions;
    }
}
