namespace Serverless.Core.Groups;

/// <summary>Every bound of the groups: what it is, and what leans on it.</summary>
public sealed record GroupOptions
{
    /// <summary>How long rows once read may be decided on. Their ETags keep that safe; this bounds how late a rebalance is noticed.</summary>
    public TimeSpan CacheAgeMax { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The same for an instance that polls rarely: rebalances touch its row, and so its next write tells it.</summary>
    public TimeSpan IdleCacheAgeMax { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Groups whose rows one process remembers.</summary>
    public int CachedGroupsMax { get; init; } = 1000;

    /// <summary>Submissions that one request may lose to others before it gives up.</summary>
    public int AttemptsMax { get; init; } = 8;

    /// <summary>The first pause after a lost submission; each further one is up to twice as long.</summary>
    public TimeSpan BackoffMin { get; init; } = TimeSpan.FromMilliseconds(10);

    public TimeSpan BackoffMax { get; init; } = TimeSpan.FromMilliseconds(500);

    public TimeSpan PollWaitMax { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Key and value bytes of one poll.</summary>
    public long PollBytesMax { get; init; } = 64 * 1024 * 1024;

    public int PollRecordsMax { get; init; } = 100_000;

    /// <summary>Bytes of batches that one poll takes from one partition.</summary>
    public int PartitionFetchBytesMax { get; init; } = 4 * 1024 * 1024;

    /// <summary>Reads under way at once for one request.</summary>
    public int ReadsAtOnceMax { get; init; } = 8;

    /// <summary>How soon a waiting poll looks again for partitions that their former owner has not released yet.</summary>
    public TimeSpan ClaimPause { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How soon a waiting poll that has no partition looks whether there is one now.</summary>
    public TimeSpan InactivePause { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Consumer instances of one group, workers of its delivery among them (Kafka's <c>group.max.size</c>). Exact: it is decided in the
    /// transaction that enters one.
    /// </summary>
    public int InstancesMax { get; init; } = 250;

    /// <summary>Kafka's <c>offset.metadata.max.bytes</c>.</summary>
    public int MetadataBytesMax { get; init; } = 4096;

    /// <summary>Partitions that one instance may be assigned by hand.</summary>
    public int ManualPartitionsMax { get; init; } = 1500;

    /// <summary>Bytes of the names of one subscription.</summary>
    public int SubscriptionBytesMax { get; init; } = 256 * 1024;

    /// <summary>Groups that one page of the sweep looks at.</summary>
    public int SweepGroupsMax { get; init; } = 50;

    /// <summary>How long an index row stays after its last touch: longer than any request runs, so that none under way loses its row.</summary>
    public TimeSpan IndexGrace { get; init; } = TimeSpan.FromMinutes(15);
}
