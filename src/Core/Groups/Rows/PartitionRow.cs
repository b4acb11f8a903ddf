using System.Globalization;
using Serverless.Core.Storage;

namespace Serverless.Core.Groups.Rows;

/// <summary>One row a group and partition, at <c>o|topic|partition</c>: the lease and the offset together.</summary>
/// <remarks>
/// Upholds <b>single owner</b> and <b>commit fence</b>: owner, position and commit change in one conditional write, so
/// a former owner meets another ETag. It stays when the owner goes: the commit is the group's.
/// </remarks>
public sealed record PartitionRow(TopicPartition At)
{
    public const string Prefix = "o|";

    /// <summary>The id of the topic that the offsets belong to. A topic deleted and made anew has another.</summary>
    public string TopicId { get; init; } = "";

    /// <summary>The incarnation of the consumer that owns it; empty when released. An incarnation that is gone owns nothing.</summary>
    public string Owner { get; init; } = "";

    /// <summary>The group's epoch when it was last claimed; only grows.</summary>
    public int AssignmentEpoch { get; init; }

    /// <summary>The next offset that the group is to read, or -1.</summary>
    public long Committed { get; init; } = -1;

    public string Metadata { get; init; } = "";

    /// <summary>By the service's clock, as its instances know it; later than that of the commit before, so that it tells their order.</summary>
    public DateTimeOffset CommittedAt { get; init; }

    /// <summary>The next offset to deliver to the owner; -1 where it is not known where to start.</summary>
    public long Position { get; init; } = -1;

    /// <summary>The next offset after what was delivered and is not committed yet; -1 when there is nothing such.</summary>
    public long Delivered { get; init; } = -1;

    /// <summary>An offset that waits for its transaction to be decided; null where none does. It stays when the owner goes.</summary>
    public PendingOffset? Pending { get; init; }

    public string RowKey => KeyOf(At);

    public static string KeyOf(TopicPartition at) => $"{Prefix}{KeyEncoding.Encode(at.Topic)}|{at.Partition:D5}";

    public PartitionRow Commit(long offset, string metadata, DateTimeOffset now) => this with
    {
        Committed = offset,
        Metadata = metadata,
        CommittedAt = now > CommittedAt ? now : CommittedAt.AddMilliseconds(1),
        Delivered = Delivered > offset ? Delivered : -1,
    };

    /// <summary>The row when the transaction of its waiting offset is decided.</summary>
    public PartitionRow Settle(bool commit, DateTimeOffset now) =>
        (commit && Pending is { } pending ? Commit(pending.Offset, pending.Metadata, now) : this) with { Pending = null };

    /// <summary>The same without an owner: whoever had it last can no longer commit.</summary>
    public PartitionRow Release() => this with { Owner = "", Position = -1, Delivered = -1 };

    public IReadOnlyDictionary<string, object> Encode()
    {
        var columns = new Dictionary<string, object>
        {
            ["topic"] = At.Topic,
            ["partition"] = At.Partition,
            ["topicId"] = TopicId,
            ["owner"] = Owner,
            ["assignmentEpoch"] = AssignmentEpoch,
            ["committed"] = Committed,
            ["metadata"] = Metadata,
            ["committedAt"] = CommittedAt.ToUnixTimeMilliseconds(),
            ["position"] = Position,
            ["delivered"] = Delivered,
        };
        Pending?.Encode(columns);
        return columns;
    }

    public static PartitionRow Decode(IReadOnlyDictionary<string, object> columns) =>
        new(new TopicPartition((string)columns["topic"], Convert.ToInt32(columns["partition"], CultureInfo.InvariantCulture)))
        {
            TopicId = (string)columns["topicId"],
            Owner = (string)columns["owner"],
            AssignmentEpoch = Convert.ToInt32(columns["assignmentEpoch"], CultureInfo.InvariantCulture),
            Committed = (long)columns["committed"],
            Metadata = (string)columns["metadata"],
            CommittedAt = DateTimeOffset.FromUnixTimeMilliseconds((long)columns["committedAt"]),
            Position = (long)columns["position"],
            Delivered = (long)columns["delivered"],
            Pending = PendingOffset.Decode(columns),
        };
}
