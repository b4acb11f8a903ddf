namespace Serverless.Core.Topics;

/// <summary>The topics: found by name, made, changed and deleted. Answers come from a short-lived cache where that is safe.</summary>
public interface ITopicCatalog
{
    /// <summary>The topic, or null. A name that is not known yet is always looked up.</summary>
    ValueTask<Topic?> FindAsync(string name, CancellationToken cancellationToken);

    /// <summary>The topic as storage has it now, or null.</summary>
    ValueTask<Topic?> RefreshAsync(string name, CancellationToken cancellationToken);

    /// <summary>All topics by name, at most <see cref="CacheAgeMax"/> old.</summary>
    ValueTask<IReadOnlyList<Topic>> ListAsync(CancellationToken cancellationToken);

    TimeSpan CacheAgeMax { get; }

    /// <summary>Errors: InvalidTopic, TopicAlreadyExists, InvalidPartitions, InvalidConfig. <c>validateOnly</c> makes nothing.</summary>
    /// <param name="requestId">What all attempts at the request have: a topic that one of them made is no topic that exists already.</param>
    ValueTask<TopicAnswer> CreateAsync(
        string name, int partitions, IReadOnlyDictionary<string, string?> settings, bool validateOnly, string? requestId,
        CancellationToken cancellationToken);

    /// <summary>Errors: UnknownTopicOrPartition, InvalidPartitions (same or fewer, or too many).</summary>
    ValueTask<TopicAnswer> SetPartitionsAsync(string name, int partitions, CancellationToken cancellationToken);

    /// <summary>Sets overrides (a null value goes back to the default), all or none. Errors: UnknownTopicOrPartition, InvalidConfig.</summary>
    ValueTask<TopicAnswer> AlterSettingsAsync(
        string name, IReadOnlyDictionary<string, string?> settings, bool validateOnly, CancellationToken cancellationToken);

    /// <summary>Deletes the topic: its name is free on return; a timer removes what it stored. Error: UnknownTopicOrPartition.</summary>
    ValueTask<TopicAnswer> DeleteAsync(string name, CancellationToken cancellationToken);
}

/// <summary>The plain forms.</summary>
public static class PlainTopics
{
    /// <summary>Creates a topic by a request that does not come again.</summary>
    public static ValueTask<TopicAnswer> CreateAsync(
        this ITopicCatalog topics, string name, int partitions, IReadOnlyDictionary<string, string?> settings, bool validateOnly,
        CancellationToken cancellationToken) =>
        topics.CreateAsync(name, partitions, settings, validateOnly, requestId: null, cancellationToken);
}

/// <summary>The topic after the change, where <c>Error</c> is None. <c>Message</c> says for people what is wrong.</summary>
public readonly record struct TopicAnswer(ErrorCode Error, Topic? Topic, string? Message = null);
