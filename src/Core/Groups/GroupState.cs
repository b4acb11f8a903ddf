using System.Collections.Immutable;
using Serverless.Core.Groups.Rows;

namespace Serverless.Core.Groups;

/// <summary>A row as it was read or written last.</summary>
internal readonly record struct Versioned<T>(T Row, string ETag);

/// <summary>All rows of one group as they were once, and when.</summary>
/// <remarks>
/// Rows may have been read in several pages, so they need not be of one moment. <see cref="IsWhole"/> says whether
/// decisions on ownership may be taken: then an owner that is not among the consumers is gone for good.
/// </remarks>
internal sealed record GroupState(string Name)
{
    public Versioned<GroupRow>? Group { get; init; }

    public ImmutableSortedDictionary<string, Versioned<ConsumerRow>> Consumers { get; init; } =
        ImmutableSortedDictionary.Create<string, Versioned<ConsumerRow>>(StringComparer.Ordinal);

    public ImmutableSortedDictionary<TopicPartition, Versioned<PartitionRow>> Partitions { get; init; } =
        ImmutableSortedDictionary<TopicPartition, Versioned<PartitionRow>>.Empty;

    /// <summary>The storage service's clock when the rows were read.</summary>
    public DateTimeOffset ServedAt { get; init; }

    /// <summary>This process's monotonic clock before it asked.</summary>
    public long ReadAt { get; init; }

    /// <summary>This process's monotonic clock when the answer with <see cref="ServedAt"/> was there.</summary>
    public long AnsweredAt { get; init; }

    /// <summary>Members are those that the target was computed for, and no row was claimed at a later epoch.</summary>
    /// <remarks>
    /// Each change of an incarnation raises the epoch, and each claim records it. So a claim by somebody whom this
    /// state does not know shows: either in the group row or in the partition row.
    /// </remarks>
    public bool IsWhole()
    {
        var group = Group?.Row ?? new GroupRow(Name);
        var members = Consumers.Values.Select(consumer => consumer.Row).Where(consumer => consumer.IsMember)
            .Select(consumer => new TargetMember(consumer.MemberId, consumer.Incarnation))
            .OrderBy(member => member.Id, StringComparer.Ordinal);
        return members.SequenceEqual(group.Target.Members)
            && Partitions.Values.All(partition => partition.Row.AssignmentEpoch <= group.Epoch);
    }
}
