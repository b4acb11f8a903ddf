using Serverless.Core.Log;

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
        ["removed"] = value.Removed,
        ["removable"] = value.Removable,
        ["passed"] = value.Passed,
        ["passedAt"] = value.PassedAt.ToUnixTimeMilliseconds(),
    };

    public static LogStart Decode(StoredRow row) =>
        new((long)row.Columns["offset"], (bool)row.Columns["closed"], row.ETag)
        {
            Removed = (long)row.Columns["removed"],
            Removable = (long)row.Columns["removable"],
            Passed = (long)row.Columns["passed"],
            PassedAt = DateTimeOffset.FromUnixTimeMilliseconds((long)row.Columns["passedAt"]),
        };
}

/// <summary>The log start offset, which is the base of the oldest segment. <c>ETag</c> is null while there is no row.</summary>
/// <remarks>
/// Upholds <b>no segment goes while it is believed in</b>: a blob is removed only when the start has been past it for
/// <see cref="LogOptions.RemovalDelay"/>, and nobody goes by a start older than <see cref="LogOptions.StartAgeMax"/>. The
/// delay is measured between two readings of this row, by the service's clock, the first of which already found the start
/// moved. So it holds however late the row was written and whatever the instances' clocks say.
/// </remarks>
/// <param name="Closed">The topic is deleted.</param>
internal readonly record struct LogStart(long Offset, bool Closed, string? ETag)
{
    /// <summary>Blobs below this offset have been removed.</summary>
    public long Removed { get; init; }

    /// <summary>Blobs below this offset may be removed.</summary>
    public long Removable { get; init; }

    /// <summary>Where the start was found at <see cref="PassedAt"/>: what is removable next.</summary>
    public long Passed { get; init; }

    public DateTimeOffset PassedAt { get; init; }

    /// <summary>When there is something to remove again; null while nothing waits for it.</summary>
    public DateTimeOffset? RemovableAgain(TimeSpan removalDelay) => Removed < Offset ? PassedAt + removalDelay : null;

    /// <summary>The row as it should be, given that it was found like this at <paramref name="now"/>, by the service's clock.</summary>
    public LogStart At(DateTimeOffset now, TimeSpan removalDelay)
    {
        var removable = now - PassedAt >= removalDelay ? Passed : Removable;
        return removable == Passed && Offset > Passed
            ? this with { Removable = removable, Passed = Offset, PassedAt = now }
            : this with { Removable = removable };
    }
}
