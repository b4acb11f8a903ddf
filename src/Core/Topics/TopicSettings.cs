using System.Collections.Immutable;

namespace Serverless.Core.Topics;

/// <summary>A topic's settings by Kafka's names: the overrides that were given; defaults fill the rest.</summary>
public sealed record TopicSettings(ImmutableSortedDictionary<string, string> Overrides)
{
    public static TopicSettings Default { get; } = new(ImmutableSortedDictionary<string, string>.Empty);
}
