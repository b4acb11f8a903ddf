using Serverless.Core.Topics;

namespace Serverless.Core.Groups;

/// <summary>The topics for a group's decisions: the catalogue's list, held against what the group knows already.</summary>
internal sealed class GroupTopics(ITopicCatalog catalog)
{
    private const int LooksAtOnce = 16;

    // The list and what was derived from it, for as long as the catalogue gives the same.
    private volatile Tuple<IReadOnlyList<Topic>, TopicList>? _last;

    public async ValueTask<TopicList> ListAsync(CancellationToken cancellationToken)
    {
        var topics = await catalog.ListAsync(cancellationToken);
        var last = _last;
        if (last is null || !ReferenceEquals(last.Item1, topics))
        {
            _last = last = Tuple.Create(topics, new TopicList(topics));
        }

        return last.Item2;
    }

    /// <summary>The list for deciding on this group.</summary>
    /// <remarks>
    /// The list may be older than the one that the target was computed from, as another instance made that. So whatever
    /// the target has and the list has not is looked up, or two instances would take turns in adding and removing a topic. And so
    /// is a name that rows or manual assignments have of another topic, or offsets in one made anew would be given up for the former's.
    /// </remarks>
    public async ValueTask<TopicList> ForAsync(GroupDraft draft, CancellationToken cancellationToken)
    {
        var topics = await ListAsync(cancellationToken);
        var behind = draft.Group.Target.Topics
            .Where(known => topics.Find(known.Name) is not { } listed || listed.Id != known.Id || listed.Partitions < known.Partitions)
            .Select(known => known.Name);
        var others = draft.State.Partitions.Values.Select(stored => (stored.Row.At, stored.Row.TopicId))
            .Concat(draft.Consumers.Values.SelectMany(consumer => consumer.Manual).Select(manual => (manual.At, manual.TopicId)))
            .Where(known => topics.Find(known.At.Topic) is { } listed && listed.Id != known.TopicId
                && known.At.Partition < listed.Partitions)
            .Select(known => known.At.Topic);
        return await RefreshedAsync(topics, behind.Concat(others).Distinct(), cancellationToken);
    }

    /// <summary>The list with these topics as storage has them now.</summary>
    public async ValueTask<TopicList> RefreshedAsync(
        TopicList topics, IEnumerable<string> names, CancellationToken cancellationToken)
    {
        foreach (var some in names.Chunk(LooksAtOnce))
        {
            var found = await Task.WhenAll(some.Select(name => catalog.RefreshAsync(name, cancellationToken).AsTask()));
            foreach (var (name, topic) in some.Zip(found))
            {
                topics = topics.Find(name) == topic ? topics : topics.With(name, topic);
            }
        }

        return topics;
    }

    /// <summary>The list with what somebody names: partitions that it lacks are looked up in storage.</summary>
    public ValueTask<TopicList> WithAsync(
        TopicList topics, IEnumerable<TopicPartition> named, CancellationToken cancellationToken) =>
        RefreshedAsync(
            topics, named.Where(at => topics.Find(at.Topic) is not { } topic || at.Partition >= topic.Partitions)
                .Select(at => at.Topic).Distinct(), cancellationToken);
}
