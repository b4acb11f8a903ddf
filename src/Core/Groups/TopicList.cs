using System.Collections.Immutable;
using Serverless.Core.Groups.Rows;
using Serverless.Core.Topics;

namespace Serverless.Core.Groups;

/// <summary>The topics as one decision sees them, and which of them a subscription means.</summary>
internal sealed class TopicList(ImmutableSortedDictionary<string, Topic> topics)
{
    // Kafka's exclude.internal.topics: a pattern never means these.
    private static readonly ImmutableHashSet<string> Internal = ["__consumer_offsets", "__transaction_state"];

    private readonly Lock _gate = new();
    private readonly Dictionary<string, ImmutableSortedSet<string>> _byPattern = [];

    public TopicList(IEnumerable<Topic> topics)
        : this(topics.ToImmutableSortedDictionary(topic => topic.Name, topic => topic, StringComparer.Ordinal))
    {
    }

    public static TopicList Empty { get; } = new(ImmutableSortedDictionary.Create<string, Topic>(StringComparer.Ordinal));

    /// <summary>The topics as they were when a target was computed: good for their names, ids and partitions alone.</summary>
    public static TopicList Of(GroupTarget target) => new(
        target.Topics.Select(topic => new Topic(topic.Name, topic.Id, topic.Partitions, TopicSettings.Default)));

    public Topic? Find(string name) => topics.GetValueOrDefault(name);

    /// <summary>The same with one topic as it is now; null where it is gone.</summary>
    public TopicList With(string name, Topic? topic) =>
        new(topic is null ? topics.Remove(name) : topics.SetItem(name, topic));

    /// <summary>The existing topics that the subscription means.</summary>
    public ImmutableSortedSet<string> Meant(Subscription? subscription) => subscription switch
    {
        { Pattern: { } pattern } => Matching(pattern),
        { Topics: { } names } => [.. names.Where(topics.ContainsKey).Order(StringComparer.Ordinal)],
        _ => [],
    };

    private ImmutableSortedSet<string> Matching(string pattern)
    {
        lock (_gate)
        {
            if (!_byPattern.TryGetValue(pattern, out var names))
            {
                var expression = TopicPattern.Find(pattern);
                names = [.. topics.Keys.Where(name => !Internal.Contains(name) && expression?.IsMatch(name) == true)];
                _byPattern.Add(pattern, names);
            }

            return names;
        }
    }
}
