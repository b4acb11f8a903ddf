namespace Serverless.Core.Transactions;

/// <summary>Every bound of producer ids: what it is, and what leans on it.</summary>
public sealed record ProducerIdOptions
{
    /// <summary>How long an id is kept without use (<c>producer.id.expiration.ms</c>).</summary>
    public TimeSpan Expiration { get; init; } = TimeSpan.FromDays(1);

    /// <summary>Ids that one process takes at once; those that it has not given out when it ends are never used.</summary>
    public int BlockSize { get; init; } = 100;

    /// <summary>
    /// How long a process gives out ids of one block. A log that has forgotten a producer refuses every id that it does not know and that is
    /// not above that one's (ProducerStates): so a new id has to be above those that others took long before.
    /// </summary>
    public TimeSpan BlockAgeMax { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How long an id that was known is taken to be so still; also how long after its deletion another process may take it.</summary>
    public TimeSpan CacheAgeMax { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Ids that one process remembers.</summary>
    public int CachedIdsMax { get; init; } = 100_000;

    /// <summary>Topics that one id may be used with where its requests do not say the partition: its row holds each of them.</summary>
    public int TopicsMax { get; init; } = 1_000;

    /// <summary>Tries to change a row before the request is given up.</summary>
    public int AttemptsMax { get; init; } = 8;

    // Use is written down once in so long, and known ids are looked up at least as often: so what is used never expires.
    internal TimeSpan TouchInterval => Expiration / 4;

    internal TimeSpan KnownFor => CacheAgeMax < Expiration / 4 ? CacheAgeMax : Expiration / 4;
}
