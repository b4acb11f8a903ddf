namespace Serverless.Functions.Http.Quotas;

/// <summary>What one process serves, in all and to one caller. 0: without limit. With n instances it is n times as much.</summary>
public sealed record QuotaOptions
{
    /// <summary>Of one caller. What it did not use in the last <see cref="SavedFor"/> it may use at once.</summary>
    public long RequestsPerSecond { get; init; } = 1_000;

    /// <summary>
    /// Of one caller: topics, consumer instances, producers, instances of transactional ids, and deliveries. It bounds what a caller leaves
    /// behind where nobody counts it.
    /// </summary>
    public long CreationsPerMinute { get; init; } = 3_000;

    /// <summary>Of one caller, in bodies of produce requests (Kafka's <c>producer_byte_rate</c>).</summary>
    public long ProducerBytesPerSecond { get; init; } = 64 * 1024 * 1024;

    /// <summary>Of one caller, in replies with records (Kafka's <c>consumer_byte_rate</c>).</summary>
    public long ConsumerBytesPerSecond { get; init; } = 128 * 1024 * 1024;

    /// <summary>Of the process: what it asks of storage, whoever makes it ask. It is what a serverless log is billed by.</summary>
    public long StorageCallsPerMinute { get; init; } = 60_000;

    /// <summary>Under way at once in the process, but for those that may wait for records.</summary>
    public long ConcurrentRequests { get; init; } = 500;

    public long ConcurrentRequestsPerCaller { get; init; } = 250;

    /// <summary>Under way at once in the process of those that may wait for records: they cost little but their time.</summary>
    public long ConcurrentPolls { get; init; } = 2_000;

    public long ConcurrentPollsPerCaller { get; init; } = 1_000;

    /// <summary>Callers that are told apart; those beyond share one allowance.</summary>
    public long CallersMax { get; init; } = 10_000;

    /// <summary>How long what is not used of a rate in seconds can be saved up.</summary>
    public static TimeSpan SavedFor { get; } = TimeSpan.FromSeconds(2);

    internal Allowance Requests => PerSecond(RequestsPerSecond);

    internal Allowance Creations => PerMinute(CreationsPerMinute);

    internal Allowance Produced => PerSecond(ProducerBytesPerSecond);

    internal Allowance Consumed => PerSecond(ConsumerBytesPerSecond);

    // Timers and deliveries spend it too, and are not refused: what they owe must not lock everybody out for longer than a minute.
    internal Allowance StorageCalls => PerMinute(StorageCallsPerMinute) with { DebtMax = StorageCallsPerMinute };

    private static Allowance PerSecond(long rate) => new(rate, rate * SavedFor.TotalSeconds);

    private static Allowance PerMinute(long rate) => new(rate / 60.0, rate);
}
