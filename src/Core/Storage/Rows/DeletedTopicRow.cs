namespace Serverless.Core.Storage.Rows;

/// <summary>A topic whose name is free again and whose blobs and rows wait to be removed. Row key: <c>d|id</c>.</summary>
internal static class DeletedTopicRow
{
    public const string Prefix = "d|";

    public static string Row(string topicId) => Prefix + topicId;

    public static Dictionary<string, object> Encode(DeletedTopic value) => new()
    {
        ["name"] = value.Name,
        ["partitions"] = value.Partitions,
        ["at"] = value.DeletedAt,
    };

    public static DeletedTopic Decode(StoredRow row) => new(
        row.Key.Row[Prefix.Length..],
        (string)row.Columns["name"],
        (int)row.Columns["partitions"],
        (DateTimeOffset)row.Columns["at"],
        row.ETag);
}

internal sealed record DeletedTopic(string Id, string Name, int Partitions, DateTimeOffset DeletedAt, string? ETag);
