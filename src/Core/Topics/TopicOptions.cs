namespace Serverless.Core.Topics;

/// <summary>Every bound of the catalogue of topics.</summary>
public sealed record TopicOptions
{
    /// <summary>
    /// Topics in all. Counted on a list that may be <see cref="TopicCatalog.CacheAgeMax"/> old, so it is passed by as many as other processes
    /// make in that time.
    /// </summary>
    public int TopicsMax { get; init; } = 2_000;

    /// <summary>Partitions of one topic: at most <see cref="Limits.PartitionsMax"/>.</summary>
    public int PartitionsMax { get; init; } = Limits.PartitionsMax;
}
