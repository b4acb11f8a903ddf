using Serverless.Core.Topics;

namespace Serverless.Core.Storage.Rows;

/// <summary>When retention has to look at a topic again, so that idle topics cost nothing. Row key: <c>h|name</c>.</summary>
/// <remarks>Derived: without it, or with one of another topic or other settings, retention just looks.</remarks>
internal static class RetentionDueRow
{
    public const string Prefix = "h|";

    public static string Row(string name) => Prefix + name;

    public static Dictionary<string, object> Encode(Topic topic, long dueMs) => new()
    {
        ["due"] = dueMs,
        ["of"] = Of(topic),
    };

    public static bool IsDue(StoredRow? row, Topic topic, long nowMs) =>
        row is null || (string)row.Columns["of"] != Of(topic) || (long)row.Columns["due"] <= nowMs;

    // What the due time was computed from.
    private static string Of(Topic topic) =>
        $"{topic.Id}|{topic.Partitions}|{topic.Settings.RetentionMs}|{topic.Settings.RetentionBytes}";
}
