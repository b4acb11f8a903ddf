using Serverless.Core.Log;

namespace Serverless.Core.Storage.Rows;

/// <summary>How the transactions of a stretch of a log ended, and which are still open at its end. Beside a checkpoint.</summary>
/// <remarks>
/// Derived: where one is missing, the stretch is read instead. Row key: <c>x|</c> and the offset behind the stretch, so that who
/// looks for a marker reads upwards. Not there where the log has no producers.
/// </remarks>
/// <param name="From">All markers from here on to <c>To</c> (exclusive) are told.</param>
/// <param name="Open">First offsets by producer id.</param>
internal sealed record DecidedRow(
    long From, long To, IReadOnlyList<AbortedTransaction> Aborted, IReadOnlyDictionary<long, long> Open)
{
    public const string Prefix = "x|";

    public static string Row(long toOffset) => Prefix + Layout.Ascending(toOffset);

    public static DecidedRow Of(LogTail tail, long from) => new(
        from,
        tail.NextOffset,
        [.. tail.Aborted.All.Where(aborted => aborted.MarkerOffset >= from)],
        tail.Producers.Open.ToDictionary(open => open.ProducerId, open => open.FirstOffset));

    public Dictionary<string, object> Encode()
    {
        var columns = new Dictionary<string, object> { ["from"] = From, ["to"] = To };
        Packed.Put(columns, "aborted", Packed.Bytes(writer => Packed.WriteList(writer, Aborted, aborted =>
        {
            writer.Write7BitEncodedInt64(aborted.ProducerId);
            writer.Write7BitEncodedInt64(aborted.FirstOffset);
            writer.Write7BitEncodedInt64(aborted.MarkerOffset);
        })));
        Packed.Put(columns, "open", Packed.Bytes(writer => Packed.WriteList(writer, [.. Open], open =>
        {
            writer.Write7BitEncodedInt64(open.Key);
            writer.Write7BitEncodedInt64(open.Value);
        })));
        return columns;
    }

    public static DecidedRow Decode(StoredRow row)
    {
        using var aborted = Packed.Open(row.Columns, "aborted");
        using var open = Packed.Open(row.Columns, "open");
        return new DecidedRow(
            (long)row.Columns["from"],
            (long)row.Columns["to"],
            Packed.ReadList(aborted, () => new AbortedTransaction(
                aborted.Read7BitEncodedInt64(), aborted.Read7BitEncodedInt64(), aborted.Read7BitEncodedInt64())),
            Packed.ReadList(open, () => KeyValuePair.Create(open.Read7BitEncodedInt64(), open.Read7BitEncodedInt64()))
                .ToDictionary());
    }
}
