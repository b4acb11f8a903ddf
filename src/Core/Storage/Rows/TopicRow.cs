using System.Collections.Immutable;
using System.Text.Json;
using Serverless.Core.Topics;

namespace Serverless.Core.Storage.Rows;

/// <summary>A topic. One row a name, all in one partition key, so that listing them is one query.</summary>
/// <remarks>Row key: <c>t|name</c>; topic names have only characters that keys allow. Names in quotes are stored.</remarks>
internal static class TopicRow
{
    public const string Partition = "topics";

    public const string Prefix = "t|";

    public static string Row(string name) => Prefix + name;

    public static Dictionary<string, object> Encode(StoredTopic value) => new()
    {
        ["id"] = value.Topic.Id,
        ["partitions"] = value.Topic.Partitions,
        ["settings"] = JsonSerializer.Serialize<IDictionary<string, string>>(value.Topic.Settings.Overrides),
        ["deleting"] = value.Deleting,
        ["freed"] = value.Freed,
        ["request"] = value.RequestId ?? "",
    };

    public static StoredTopic Decode(StoredRow row)
    {
        var settings = JsonSerializer.Deserialize<Dictionary<string, string>>((string)row.Columns["settings"])!;
        var topic = new Topic(
            row.Key.Row[Prefix.Length..],
            (string)row.Columns["id"],
            (int)row.Columns["partitions"],
            new TopicSettings(settings.ToImmutableSortedDictionary(StringComparer.Ordinal)));
        return new StoredTopic(topic, (bool)row.Columns["deleting"], row.ETag)
        {
            Freed = (bool)row.Columns["freed"],
            RequestId = row.Columns.GetValueOrDefault("request") as string is { Length: > 0 } request ? request : null,
        };
    }
}

/// <summary>A topic as its row has it. While it is being deleted nobody finds it, but its name is not free yet.</summary>
internal sealed record StoredTopic(Topic Topic, bool Deleting, string? ETag)
{
    /// <summary>The topic is deleted and its name is free. The row stays a while, and keeps late requests to insert one out.</summary>
    /// <remarks>
    /// An insert is on condition that there is no row. If deletion left none, a delayed or doubled one would bring the
    /// topic back, with logs that are closed for ever.
    /// </remarks>
    public bool Freed { get; init; }

    /// <summary>The request with an idempotency key that made it; null where it had none.</summary>
    public string? RequestId { get; init; }
}
