namespace Serverless.Core.Storage.Rows;

/// <summary>Where a partition's log starts. At most one a partition; absent means offset 0 and open.</summary>
/// <remarks>
/// Written before a segment is deleted and before a topic's blobs are, so that whoever finds a blob missing can tell
/// "not yet made" from "gone". Row key: <c>start</c>. Names in quotes are stored. Never rename the strings.
/// </remarks>
internal static class LogStartRow
{
    public const string Row = "start";

    public static Dictionary<string, object> Encode(LogStart value) => new()
    {
        ["offset"] = value.Offset,
        ["closed"] = value.Closed,
    };

    public static LogStart Decode(StoredRow row) =>
        new((long)row.Columns["offset"], (bool)row.Columns["closed"], row.ETag);
}

/// <summary>The log start offset, which is the base of the oldest segment. <c>ETag</c> is null while there is no row.</summary>
/// <param name="Closed">The topic is deleted.</param>
internal readonly record struct LogStart(long Offset, bool Closed, string? ETag);
