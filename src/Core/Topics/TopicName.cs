using System.Buffers;

namespace Serverless.Core.Topics;

/// <summary>Kafka's rule for topic names: 1 to 249 of <c>[A-Za-z0-9._-]</c>, neither <c>.</c> nor <c>..</c>.</summary>
public static class TopicName
{
    private static readonly SearchValues<char> Legal =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");

    /// <summary>What is wrong with the name, for people; null when it is fine. Names beginning with <c>__</c> are ours.</summary>
    public static string? Complaint(string name) => name switch
    {
        "" => "Topic name must not be empty.",
        "." or ".." => "Topic name must not be '.' or '..'.",
        { Length: > Limits.TopicNameCharsMax } => $"Topic name must have at most {Limits.TopicNameCharsMax} characters.",
        _ when name.AsSpan().ContainsAnyExcept(Legal) => "Topic name may have letters, digits, '.', '_' and '-' only.",
        _ when name.StartsWith("__", StringComparison.Ordinal) => "Topic names that begin with '__' are reserved.",
        _ => null,
    };

    public static bool IsLegal(string name) => Complaint(name) is null;
}
