using Serverless.Core.Topics;

namespace Serverless.Core.Groups.View;

/// <summary>The topics, and <see cref="OffsetsTopic"/> as one of them. It is always there, and nobody changes it.</summary>
public sealed class CatalogWithOffsets(ITopicCatalog catalog) : ITopicCatalog
{
    // The list and what was made of it, for as long as the catalogue gives the same: who derives from a list knows it by its reference.
    private volatile Tuple<IReadOnlyList<Topic>, IReadOnlyList<Topic>>? _last;

    public TimeSpan CacheAgeMax => catalog.CacheAgeMax;

    public ValueTask<Topic?> FindAsync(string name, CancellationToken cancellationToken) =>
        name == OffsetsTopic.Name ? new(OffsetsTopic.Topic) : catalog.FindAsync(name, cancellationToken);

    public ValueTask<Topic?> RefreshAsync(string name, CancellationToken cancellationToken) =>
        name == OffsetsTopic.Name ? new(OffsetsTopic.Topic) : catalog.RefreshAsync(name, cancellationToken);

    public async ValueTask<IReadOnlyList<Topic>> ListAsync(CancellationToken cancellationToken)
    {
        var topics = await catalog.ListAsync(cancellationToken);
        var last = _last;
        if (last is null || !ReferenceEquals(last.Item1, topics))
        {
            IReadOnlyList<Topic> all = [.. topics.Append(OffsetsTopic.Topic).OrderBy(topic => topic.Name, StringComparer.Ordinal)];
            _last = last = Tuple.Create(topics, all);
        }

        return last.Item2;
    }

    public ValueTask<TopicAnswer> CreateAsync(
        string name, int partitions, IReadOnlyDictionary<string, string?> settings, bool validateOnly, string? requestId,
        CancellationToken cancellationToken) => name == OffsetsTopic.Name
        ? new(new TopicAnswer(ErrorCode.TopicAlreadyExists, null, $"Topic {name} is always there."))
        : catalog.CreateAsync(name, partitions, settings, validateOnly, requestId, cancellationToken);

    public ValueTask<TopicAnswer> SetPartitionsAsync(string name, int partitions, CancellationToken cancellationToken) =>
        name == OffsetsTopic.Name ? ReadOnly : catalog.SetPartitionsAsync(name, partitions, cancellationToken);

    public ValueTask<TopicAnswer> AlterSettingsAsync(
        string name, IReadOnlyDictionary<string, string?> settings, bool validateOnly, CancellationToken cancellationToken) =>
        name == OffsetsTopic.Name ? ReadOnly : catalog.AlterSettingsAsync(name, settings, validateOnly, cancellationToken);

    public ValueTask<TopicAnswer> DeleteAsync(string name, CancellationToken cancellationToken) =>
        name == OffsetsTopic.Name ? ReadOnly : catalog.DeleteAsync(name, cancellationToken);

    private static ValueTask<TopicAnswer> ReadOnly => new(new TopicAnswer(
        ErrorCode.PolicyViolation, null, $"{OffsetsTopic.Name} is a view of what groups have committed: it can only be read."));
}
