namespace Serverless.Core.Topics;

/// <summary>A topic as the catalogue last saw it. Blobs and rows are named by <c>Id</c>, so that a name can be used again.</summary>
public sealed record Topic(string Name, string Id, int Partitions, TopicSettings Settings)
{
    /// <summary>Ours, to be read only: nobody else can make a topic of such a name (<see cref="TopicName"/>). Lists leave it out.</summary>
    public bool IsInternal => IsInternalName(Name);

    public static bool IsInternalName(string name) => name.StartsWith("__", StringComparison.Ordinal);
}
