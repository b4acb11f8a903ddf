using Serverless.Core;
using Serverless.Core.Topics;

namespace Serverless.Edge.Fakes;

/// <summary>A catalogue in memory. <see cref="Stale"/> is what <c>FindAsync</c> still believes.</summary>
internal sealed class MemoryTopics : ITopicCatalog
{
    private readonly SortedDictionary<string, Topic> _topics = new(StringComparer.Ordinal);

    public Topic? Stale { get; set; }

    public int LookUps { get; private set; }

    public Exception? Fails { get; set; }

    public TimeSpan CacheAgeMax => TimeSpan.FromSeconds(5);

    public Topic Add(string name, int partitions, params (string Name, string Value)[] settings) =>
        _topics[name] = new Topic(
            name, $"id-{name}-{_topics.Count}", partitions,
            TopicSettings.Default.With(settings.ToDictionary(s => s.Name, s => (string?)s.Value), out _)!);

    public void Put(Topic topic) => _topics[topic.Name] = topic;

    public ValueTask<Topic?> FindAsync(string name, CancellationToken cancellationToken)
    {
        LookUps++;
        return Fails is null
            ? ValueTask.FromResult(Stale?.Name == name ? Stale : _topics.GetValueOrDefault(name))
            : throw Fails;
    }

    public ValueTask<Topic?> RefreshAsync(string name, CancellationToken cancellationToken) =>
        ValueTask.FromResult(_topics.GetValueOrDefault(name));

    public ValueTask<IReadOnlyList<Topic>> ListAsync(CancellationToken cancellationToken) => Fails is null
        ? ValueTask.FromResult<IReadOnlyList<Topic>>([.. _topics.Values])
        : throw Fails;

    public ValueTask<TopicAnswer> CreateAsync(
        string name, int partitions, IReadOnlyDictionary<string, string?> settings, bool validateOnly, string? requestId,
        CancellationToken cancellationToken)
    {
        if (TopicName.Complaint(name) is { } complaint)
        {
            return Answer(ErrorCode.InvalidTopic, complaint);
        }

        if (_topics.ContainsKey(name))
        {
            return Answer(ErrorCode.TopicAlreadyExists, "Topic exists.");
        }

        if (partitions is < 1 or > 1000)
        {
            return Answer(ErrorCode.InvalidPartitions, "Bad partition count.");
        }

        if (TopicSettings.Default.With(settings, out var bad) is not { } made)
        {
            return Answer(ErrorCode.InvalidConfig, bad!);
        }

        var topic = new Topic(name, $"id-{name}", partitions, made);
        if (!validateOnly)
        {
            _topics[name] = topic;
        }

        return ValueTask.FromResult(new TopicAnswer(ErrorCode.None, topic));
    }

    public ValueTask<TopicAnswer> SetPartitionsAsync(string name, int partitions, CancellationToken cancellationToken)
    {
        if (partitions <= _topics[name].Partitions)
        {
            return Answer(ErrorCode.InvalidPartitions, "Fewer.");
        }

        _topics[name] = _topics[name] with { Partitions = partitions };
        return ValueTask.FromResult(new TopicAnswer(ErrorCode.None, _topics[name]));
    }

    public ValueTask<TopicAnswer> AlterSettingsAsync(
        string name, IReadOnlyDictionary<string, string?> settings, bool validateOnly, CancellationToken cancellationToken)
    {
        if (_topics[name].Settings.With(settings, out var bad) is not { } changed)
        {
            return Answer(ErrorCode.InvalidConfig, bad!);
        }

        var topic = _topics[name] with { Settings = changed };
        if (!validateOnly)
        {
            _topics[name] = topic;
        }

        return ValueTask.FromResult(new TopicAnswer(ErrorCode.None, topic));
    }

    public ValueTask<TopicAnswer> DeleteAsync(string name, CancellationToken cancellationToken) =>
        _topics.Remove(name, out var topic)
            ? ValueTask.FromResult(new TopicAnswer(ErrorCode.None, topic))
            : Answer(ErrorCode.UnknownTopicOrPartition, "Gone.");

    private static ValueTask<TopicAnswer> Answer(ErrorCode error, string message) =>
        ValueTask.FromResult(new TopicAnswer(error, null, message));
}
