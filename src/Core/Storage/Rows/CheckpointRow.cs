using Serverless.Core.Log;

namespace Serverless.Core.Storage.Rows;

/// <summary>A place in a partition's log and the state that a reader needs to go on from there.</summary>
/// <remarks>
/// Derived: any of them may be missing. Row key: <c>c|</c> and the next offset inverted, so that the nearest one at or
/// below an offset is the first of a range. About one every 4 MiB and one a rolled segment; removed with their segment.
/// </remarks>
internal static class CheckpointRow
{
    public const string Prefix = "c|";

    public static string Row(long nextOffset) => Prefix + Layout.Inverted(nextOffset);

    public static Dictionary<string, object> Encode(LogTail tail) => new()
    {
        ["segment"] = tail.SegmentBase,
        ["position"] = tail.Position,
        ["next"] = tail.NextOffset,
        ["blocks"] = tail.BlockCount,
        ["first"] = tail.FirstTimestamp,
        ["max"] = tail.SegmentMaxTimestamp,
        ["logMax"] = tail.LogMaxTimestamp,
    };

    /// <summary>The whole of it: where it is, and the state of the producers there.</summary>
    public static Dictionary<string, object> EncodeWithProducers(LogTail tail)
    {
        var columns = Encode(tail);
        ProducerStatesCodec.Write(columns, tail.Producers);
        KeyedBatchesCodec.Write(columns, tail.Keys);
        return columns;
    }

    public static LogTail DecodeWithProducers(StoredRow row) => Decode(row) with
    {
        Producers = ProducerStatesCodec.Read(row.Columns),
        Keys = KeyedBatchesCodec.Read(row.Columns) ?? KeyedBatches.StartingAt((long)row.Columns["next"]),
    };

    /// <summary>Without the producers: enough to read from there.</summary>
    public static LogTail Decode(StoredRow row) => new(
        (long)row.Columns["segment"],
        (long)row.Columns["position"],
        (long)row.Columns["next"],
        (int)row.Columns["blocks"],
        (long)row.Columns["first"],
        (long)row.Columns["max"],
        (long)row.Columns["logMax"],
        Closed: false);
}
