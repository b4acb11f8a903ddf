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
    /// the target has and the list has not is looked up, or two instances would take turns in adding and removing a topic.
    /// </remarks>
    public async ValueTask<TopicList> ForAsync(GroupDraft draft, CancellationToken cancellationToken)
    {
        var topics = await ListAsync(cancellationToken);
        foreach (var known in draft.Group.Target.Topics)
        {
            var listed = topics.Find(known.Name);
            if (listed is null || listed.Id != known.Id || listed.Partitions < known.Partitions)
            {
                topics = topics.With(known.Name, await catalog.RefreshAsync(known.Name, cancellationToken));
            }
        }

        return topics;
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
