using System.Collections.Immutable;
using Serverless.Core.Groups.Rows;
using Serverless.Core.Storage;

namespace Serverless.Core.Groups;

/// <summary>What one transaction is to change in a group: decided on a state, not yet stored.</summary>
/// <remarks>Protocols read and write it, and it does no I/O. Actions are conditional on the very rows it was decided on.</remarks>
internal sealed class GroupDraft(GroupState state)
{
    /// <summary>Azure's limit of one transaction.</summary>
    public const int ActionsMax = 100;

    // Ordered by row key, so that equal decisions give equal submissions.
    private readonly SortedDictionary<string, Change> _changes = new(StringComparer.Ordinal);
    private readonly Dictionary<TopicPartition, PartitionRow> _partitions = [];
    private readonly List<RowAction> _effects = [];
    private ImmutableSortedDictionary<string, ConsumerRow>? _consumers;
    private Dictionary<string, ConsumerRow>? _byIncarnation;

    private readonly record struct Change(object? Row, string? ETag, object Identity);

    public GroupState State => state;

    /// <summary>Members to be told of what this changes for them, by a touch of their rows.</summary>
    public IReadOnlyList<string> Affected { get; set; } = [];

    public bool IsEmpty => _changes.Count == 0;

    /// <summary>Rows that may still be changed beside those that are.</summary>
    public int Room => ActionsMax - _changes.Count;

    public GroupRow Group =>
        _changes.TryGetValue(GroupRow.RowKey, out var change) ? (GroupRow)change.Row! : state.Group?.Row ?? new GroupRow(state.Name);

    /// <summary>Whether there is a group row, as the draft has it.</summary>
    public bool HasGroup =>
        _changes.TryGetValue(GroupRow.RowKey, out var change) ? change.Row is not null : state.Group is not null;

    /// <summary>By name.</summary>
    public ImmutableSortedDictionary<string, ConsumerRow> Consumers =>
        _consumers ??= state.Consumers.ToImmutableSortedDictionary(
            pair => pair.Key, pair => pair.Value.Row, StringComparer.Ordinal);

    public IEnumerable<ConsumerRow> Members => Consumers.Values.Where(consumer => consumer.IsMember);

    public bool Changes(string rowKey) => _changes.ContainsKey(rowKey);

    /// <summary>Whether these rows prove that the changes were not made: all or none are, and one of the rows is as it was.</summary>
    public bool WasNotMade(GroupState now) => _changes.Any(change => change.Value.Identity switch
    {
        TopicPartition at => (now.Partitions.TryGetValue(at, out var row) ? row.ETag : null) == change.Value.ETag,
        string consumer when change.Key != GroupRow.RowKey =>
            (now.Consumers.TryGetValue(consumer, out var row) ? row.ETag : null) == change.Value.ETag,
        _ => now.Group?.ETag == change.Value.ETag,
    });

    /// <summary>Whether nothing but this row is changed.</summary>
    public bool ChangesOnly(string rowKey) => _changes.Count == 1 && _changes.ContainsKey(rowKey);

    public PartitionRow? Partition(TopicPartition at) =>
        _partitions.TryGetValue(at, out var changed) ? changed
        : state.Partitions.TryGetValue(at, out var stored) ? stored.Row
        : null;

    /// <summary>The live member that owns the row; null when there is none, and then its incarnation is gone for good.</summary>
    /// <exception cref="StaleStateException">The row was claimed at an epoch that this state does not know: its owner may be new.</exception>
    public ConsumerRow? OwnerOf(PartitionRow partition)
    {
        if (partition.AssignmentEpoch > Group.Epoch)
        {
            throw new StaleStateException();
        }

        _byIncarnation ??= Members.ToDictionary(member => member.Incarnation);
        return _byIncarnation.GetValueOrDefault(partition.Owner);
    }

    /// <summary>The rows that this member owns, in order.</summary>
    public IReadOnlyList<PartitionRow> OwnedBy(ConsumerRow consumer) => !consumer.IsMember
        ? []
        : [.. state.Partitions.Keys.Select(at => Partition(at)!).Where(row => row.Owner == consumer.Incarnation)];

    public void Put(GroupRow row) => _changes[GroupRow.RowKey] = new(row, state.Group?.ETag, row.Name);

    public void Put(PartitionRow row)
    {
        _changes[row.RowKey] = new(row, state.Partitions.TryGetValue(row.At, out var stored) ? stored.ETag : null, row.At);
        _partitions[row.At] = row;
    }

    public void Put(ConsumerRow row)
    {
        _changes[row.RowKey] = new(row, ETagOf(row.Name), row.Name);
        _consumers = Consumers.SetItem(row.Name, row);
        _byIncarnation = null;
    }

    /// <summary>Renews the consumer, as of the epoch that this is decided on.</summary>
    public void Renew(string consumer, DateTimeOffset now) => Put(Consumers[consumer].Renew(now, Group.Epoch));

    public void Delete(ConsumerRow row)
    {
        _changes[row.RowKey] = new(null, ETagOf(row.Name), row.Name);
        _consumers = Consumers.Remove(row.Name);
        _byIncarnation = null;
    }

    public void Delete(PartitionRow row) => _changes[row.RowKey] = new(null, state.Partitions[row.At].ETag, row.At);

    public void DeleteGroup() => _changes[GroupRow.RowKey] = new(null, state.Group!.Value.ETag, this);

    /// <summary>Changes of rows that are not the group's business, in the same transaction.</summary>
    public void Add(IReadOnlyList<RowAction> effects) => _effects.AddRange(effects);

    /// <summary>The conditional actions: those of the group in order of their keys, then the effects.</summary>
    public IReadOnlyList<RowAction> Actions() => [.. _changes.Select(change => (change.Value.Row, change.Value.ETag) switch
    {
        (null, { } etag) => RowAction.Delete(change.Key, etag),
        ({ } row, null) => RowAction.Insert(change.Key, Encode(row)),
        ({ } row, { } etag) => RowAction.Replace(change.Key, Encode(row), etag),
        _ => throw new InvariantException($"Neither a row nor a former one: {change.Key}"),
    }), .. _effects];

    /// <summary>The rows of <paramref name="current"/> with these changes in them, as they were committed.</summary>
    public GroupState AppliedTo(GroupState current, IReadOnlyList<string?> etags)
    {
        var index = 0;
        foreach (var (_, (row, _, identity)) in _changes)
        {
            var etag = etags[index++];
            current = (row, identity) switch
            {
                (GroupRow group, _) => current with { Group = new(group, etag!) },
                (ConsumerRow consumer, _) =>
                    current with { Consumers = current.Consumers.SetItem(consumer.Name, new(consumer, etag!)) },
                (PartitionRow partition, _) =>
                    current with { Partitions = current.Partitions.SetItem(partition.At, new(partition, etag!)) },
                (_, TopicPartition at) => current with { Partitions = current.Partitions.Remove(at) },
                (_, string name) => current with { Consumers = current.Consumers.Remove(name) },
                _ => current with { Group = null },
            };
        }

        return current;
    }

    private string? ETagOf(string consumer) => state.Consumers.TryGetValue(consumer, out var stored) ? stored.ETag : null;

    private static IReadOnlyDictionary<string, object> Encode(object row) => row switch
    {
        GroupRow group => group.Encode(),
        ConsumerRow consumer => consumer.Encode(),
        PartitionRow partition => partition.Encode(),
        _ => throw new InvariantException($"Not a row of a group: {row}"),
    };
}
