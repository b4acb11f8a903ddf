namespace Serverless.Core.Transactions;

/// <summary>Every bound of transactions: what it is, and what leans on it.</summary>
public sealed record TransactionOptions
{
    /// <summary>How long a transaction may be open where its instance does not say (Kafka's <c>transaction.timeout.ms</c>).</summary>
    public TimeSpan TimeoutDefault { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Kafka's <c>transaction.max.timeout.ms</c>: it bounds how long readers of committed records wait for one that is gone.</summary>
    public TimeSpan TimeoutMax { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>Kafka's <c>transactional.id.expiration.ms</c>. Much longer than any request lives, as none may find its row gone.</summary>
    public TimeSpan IdExpiration { get; init; } = TimeSpan.FromDays(7);

    /// <summary>The epoch that no transaction begins with: a new producer id takes over, as a marker must still have a higher epoch.</summary>
    public short EpochMax { get; init; } = 32_000;

    /// <summary>
    /// Transactional ids that are kept, and so also transactions that are open at once, as an id has one. Counted anew each
    /// <see cref="CountAgeMax"/>, so it is passed by as many as other processes make in that time.
    /// </summary>
    public int IdsMax { get; init; } = 10_000;

    public TimeSpan CountAgeMax { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Partitions that one transaction may write to: a row holds their names, and each gets a marker.</summary>
    public int PartitionsMax { get; init; } = 1_000;

    /// <summary>Groups that one transaction may commit offsets of.</summary>
    public int GroupsMax { get; init; } = 100;

    /// <summary>Markers and groups under way at once when a transaction is finished.</summary>
    public int FinishedAtOnceMax { get; init; } = 32;

    /// <summary>Changes of a row that one request may lose to others before it gives up.</summary>
    public int AttemptsMax { get; init; } = 8;

    /// <summary>The first pause after a lost change; each further one is up to twice as long.</summary>
    public TimeSpan BackoffMin { get; init; } = TimeSpan.FromMilliseconds(10);

    public TimeSpan BackoffMax { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Transactional ids whose rows one process remembers.</summary>
    public int RememberedMax { get; init; } = 10_000;

    /// <summary>How long the sweep leaves a decided transaction to whoever decided it.</summary>
    public TimeSpan FinishGrace { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Rows that one step of the sweep looks at.</summary>
    public int SweepRowsMax { get; init; } = 500;
}
