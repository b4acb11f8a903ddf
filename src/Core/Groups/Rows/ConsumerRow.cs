using System.Collections.Immutable;
using Serverless.Core.Storage;

namespace Serverless.Core.Groups.Rows;

/// <summary>One row a consumer instance, at <c>c|name</c>: settings, what it consumes, and its lease.</summary>
/// <remarks>
/// Every request of the instance replaces it, in the same transaction as all else that the request changes. So
/// whoever expires or replaces the instance makes each request that is under way fail, whatever it was about to do.
/// </remarks>
public sealed record ConsumerRow(string Name, string Id, ConsumerSettings Settings)
{
    public const string Prefix = "c|";

    /// <summary>The request with an idempotency key that made it; empty where it had none.</summary>
    public string RequestId { get; init; } = "";

    /// <summary>Topics or a pattern; null for neither. Stays when the membership expires, so that the next request rejoins.</summary>
    public Subscription? Subscription { get; init; }

    /// <summary>Partitions assigned by hand, in order, and where each stands.</summary>
    public ImmutableArray<ManualPartition> Manual { get; init; } = [];

    /// <summary>A new id each time it becomes a member; empty while it is none. Never used again, so what it owned is free for good.</summary>
    public string Incarnation { get; init; } = "";

    /// <summary>The incarnation of its last membership that expired: what nobody has claimed since, it may still commit.</summary>
    public string Former { get; init; } = "";

    /// <summary>The group's epoch since which it has this incarnation.</summary>
    public int JoinedEpoch { get; init; }

    /// <summary>The group's epoch on which its own last request was decided: below the group's, it has not noticed yet.</summary>
    public int SeenEpoch { get; init; }

    /// <summary>When the membership may be ended, by the storage service's clock.</summary>
    public DateTimeOffset Lease { get; init; }

    /// <summary>When the instance may be ended, by the storage service's clock.</summary>
    public DateTimeOffset Expires { get; init; }

    public DateTimeOffset PolledAt { get; init; }

    /// <summary>The partition that was served last: the next poll starts behind it.</summary>
    public TopicPartition? Turn { get; init; }

    public string Stamps { get; init; } = "";

    public bool IsMember => Incarnation.Length > 0;

    /// <summary>Who it is in targets: a static member stays the same through restarts (KIP-345).</summary>
    public string MemberId => Settings.GroupInstanceId is { } id ? $"s:{id}" : $"c:{Name}";

    public string RowKey => KeyOf(Name);

    public static string KeyOf(string name) => Prefix + KeyEncoding.Encode(name);

    // The service's clock shows whole seconds, cut off; so a deadline is over only when the clock shows more.
    public bool LeaseIsOver(DateTimeOffset now) => IsMember && now > Lease;

    public bool IsExpired(DateTimeOffset now) => now > Expires;

    public ConsumerRow Renew(DateTimeOffset now, int epoch) => this with
    {
        SeenEpoch = epoch,
        Lease = Max(Lease, now + Settings.SessionTimeout),
        Expires = Max(Expires, now + Settings.InstanceTimeout),
    };

    private static DateTimeOffset Max(DateTimeOffset left, DateTimeOffset right) => left > right ? left : right;
}

/// <summary>A partition assigned by hand. <c>Position</c> and <c>Delivered</c> are as in <see cref="PartitionRow"/>.</summary>
/// <param name="TopicId">The topic's id when the position was found; empty where the topic did not exist yet.</param>
public sealed record ManualPartition(TopicPartition At, string TopicId, long Position, long Delivered);
