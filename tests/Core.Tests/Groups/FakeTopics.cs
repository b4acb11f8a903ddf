using Serverless.Core.Topics;

namespace Serverless.Core.Tests.Groups;

/// <summary>Topics in memory. <see cref="Listed"/> holds the list back, as a catalogue's cache may.</summary>
internal sealed class FakeTopics : ITopicCatalog
{
    private readonly SortedDictionary<string, Topic> _topics = new(StringComparer.Ordinal);
    private IReadOnlyList<Topic>? _list;
    private int _made;

    public TimeSpan CacheAgeMax => TimeSpan.FromSeconds(5);

    /// <summary>Set to answer with this list, however old.</summary>
    public IReadOnlyList<Topic>? Listed { get; set; }

    public Topic Make(string name, int partitions)
    {
        var topic = new Topic(name, $"{name}-{++_made}", partitions, TopicSettings.Default);
        _topics[name] = topic;
        _list = null;
        return topic;
    }

    public void Grow(string name, int partitions)
    {
        _topics[name] = _topics[name] with { Partitions = partitions };
        _list = null;
    }

    public void Remove(string name)
    {
        _topics.Remove(name);
        _list = null;
    }

    public Topic Now(string name) => _topics[name];

    public ValueTask<Topic?> FindAsync(string name, CancellationToken cancellationToken) =>
        new(_topics.GetValueOrDefault(name));

    public ValueTask<Topic?> RefreshAsync(string name, CancellationToken cancellationToken) =>
        new(_topics.GetValueOrDefault(name));

    public ValueTask<IReadOnlyList<Topic>> ListAsync(CancellationToken cancellationToken) =>
        new(Listed ?? (_list ??= [.. _topics.Values]));

    public ValueTask<TopicAnswer> CreateAsync(
        string name, int partitions, IReadOnlyDictionary<string, string?> settings, bool validateOnly, string? requestId,
        CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<TopicAnswer> SetPartitionsAsync(string name, int partitions, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public ValueTask<TopicAnswer> AlterSettingsAsync(
        string name, IReadOnlyDictionary<string, string?> settings, bool validateOnly, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public ValueTask<TopicAnswer> DeleteAsync(string name, CancellationToken cancellationToken) =>
        throw new NotSupportedException();
}
