using Serverless.Core.Log;

namespace Serverless.Core.Storage.Rows;

/// <summary>A segment that ended: what retention must know of it. One a segment; removed after its blob.</summary>
/// <remarks>Derived: a missing one is found again by reading the segment. Row key: <c>r|</c> and the base offset.</remarks>
internal static class RolledSegmentRow
{
    public const string Prefix = "r|";

    public static string Row(long baseOffset) => Prefix + Layout.Ascending(baseOffset);

    public static Dictionary<string, object> Encode(RolledSegment value) => new()
    {
        ["base"] = value.BaseOffset,
        ["end"] = value.EndOffset,
        ["bytes"] = value.Bytes,
        ["max"] = value.MaxTimestamp,
    };

    public static RolledSegment Decode(StoredRow row) => new(
        (long)row.Columns["base"], (long)row.Columns["end"], (long)row.Columns["bytes"], (long)row.Columns["max"]);
}
