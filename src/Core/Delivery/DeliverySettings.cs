using Serverless.Core.Groups;

namespace Serverless.Core.Delivery;

/// <summary>What the service itself consumes for a group, and where it takes the records.</summary>
/// <param name="Subscription">Topics or a pattern, as a consumer has them.</param>
public sealed record DeliverySettings(Subscription Subscription, DeliveryTarget Target)
{
    /// <summary>Records of one batch.</summary>
    public int RecordsMax { get; init; } = 100;

    /// <summary>Key and value bytes of one batch; its first record comes whatever its size.</summary>
    public long BytesMax { get; init; } = 1024 * 1024;

    /// <summary>How long a batch that is not full waits for more; zero sends what there is.</summary>
    public TimeSpan Linger { get; init; }

    public RetryPolicy Retry { get; init; } = new();

    /// <summary>Where records go whose last attempt has failed; null tries for ever, and the partition waits.</summary>
    public string? DeadLetterTopic { get; init; }

    /// <summary>Members of the group that may work at once: no more than this, and than there are partitions with something to do.</summary>
    public int WorkersMax { get; init; } = 8;

    /// <summary>Where partitions begin that the group has no offset of when the delivery is made; those that come later begin at their start.</summary>
    public DeliveryStart Start { get; init; } = DeliveryStart.Latest;
}

/// <summary>Where a new delivery begins: an end of the log, or a time in milliseconds since 1970.</summary>
public readonly record struct DeliveryStart(SeekKind Kind, long TimestampMs = 0)
{
    public static DeliveryStart Latest { get; } = new(SeekKind.End);

    public static DeliveryStart Earliest { get; } = new(SeekKind.Beginning);
}

/// <summary>Where a delivery takes the records.</summary>
public abstract record DeliveryTarget
{
    private DeliveryTarget()
    {
    }

    /// <summary>A POST of each batch to an address.</summary>
    public sealed record Webhook(Uri Url, WebhookBody Body, RecordFormat Format) : DeliveryTarget;

    /// <summary>A class of this service, found by its name.</summary>
    public sealed record Handler(string Name) : DeliveryTarget;

    /// <summary>Another topic, by transactions: exactly once. Records without one of the headers (UTF-8 values) are left out.</summary>
    public sealed record Topic(string Name, IReadOnlyDictionary<string, string> Headers) : DeliveryTarget;
}

/// <summary>What the body of a webhook's request is.</summary>
public enum WebhookBody
{
    /// <summary>A JSON array of records, as consumers are given them.</summary>
    Records,

    /// <summary>A batch of CloudEvents (<c>application/cloudevents-batch+json</c>).</summary>
    CloudEvents,
}
