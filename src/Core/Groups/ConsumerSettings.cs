namespace Serverless.Core.Groups;

/// <summary>How record keys and values are shown to a consumer: any bytes as base64, or stored JSON as it is.</summary>
public enum RecordFormat
{
    Binary,
    Json,
}

/// <summary>Where a partition without a committed offset starts (Kafka's <c>auto.offset.reset</c>).</summary>
public enum AutoOffsetReset
{
    Latest,
    Earliest,
    None,
}

public enum IsolationLevel
{
    ReadUncommitted,
    ReadCommitted,
}

/// <summary>When a delivered record counts as consumed.</summary>
public enum DeliveryMode
{
    /// <summary>Committed after it was delivered: by the consumer, or by its next poll.</summary>
    AtLeastOnce,

    /// <summary>Committed before the reply that delivers it.</summary>
    AtMostOnce,

    /// <summary>Committed with what came of it, by a transaction (KIP-447): reads what is committed only, and commits in no other way.</summary>
    ExactlyOnce,
}

/// <summary>What a consumer instance was created with; it never changes.</summary>
public sealed record ConsumerSettings
{
    public RecordFormat Format { get; init; }

    public AutoOffsetReset AutoOffsetReset { get; init; }

    public bool AutoCommit { get; init; } = true;

    /// <summary>Bytes that end a poll's wait; -1 waits the time out.</summary>
    public int FetchMinBytes { get; init; } = 1;

    /// <summary>How long a poll waits that does not say.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(1);

    public IsolationLevel IsolationLevel { get; init; }

    public DeliveryMode DeliveryMode { get; init; }

    /// <summary>Kafka's <c>group.instance.id</c> (KIP-345): a static member, back within its session with no partition moved.</summary>
    public string? GroupInstanceId { get; init; }

    /// <summary><c>uniform</c>, <c>range</c> or <c>roundrobin</c>; null takes what the group has.</summary>
    public string? Assignor { get; init; }

    /// <summary>How long the instance keeps its partitions without a request.</summary>
    public TimeSpan SessionTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How long the instance lives without a request.</summary>
    public TimeSpan InstanceTimeout { get; init; } = TimeSpan.FromMinutes(5);
}
