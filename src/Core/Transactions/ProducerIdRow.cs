using System.Collections.Immutable;
using System.Globalization;
using Serverless.Core.Storage;
using Serverless.Core.Storage.Rows;

namespace Serverless.Core.Transactions;

/// <summary>One row a producer id of a client's own; spread over partition keys. Names in quotes are stored.</summary>
/// <remarks>Ids of transactional ids have none: they are nobody's to produce with.</remarks>
internal static class ProducerIdRow
{
    public const int Shards = 16;

    public static RowKey KeyOf(long producerId) =>
        new(PartitionOf((int)(producerId % Shards)), producerId.ToString("D19", CultureInfo.InvariantCulture));

    public static ImmutableSortedDictionary<string, int> NoSpreads { get; } =
        ImmutableSortedDictionary.Create<string, int>(StringComparer.Ordinal);

    public static string PartitionOf(int shard) => $"p|{shard:x1}";

    public static Dictionary<string, object> Encode(
        DateTimeOffset touchedAt, string owner, ImmutableSortedDictionary<string, int> spreads)
    {
        var columns = new Dictionary<string, object> { ["touched"] = touchedAt, ["owner"] = owner };
        if (!spreads.IsEmpty)
        {
            Packed.Put(columns, "spreads", Packed.Bytes(writer => Packed.WriteList(writer, [.. spreads], spread =>
            {
                writer.Write(spread.Key);
                writer.Write7BitEncodedInt(spread.Value);
            })));
        }

        return columns;
    }

    /// <summary>By topic id, from how many of its partitions the producer's records are spread; in the order of names.</summary>
    public static ImmutableSortedDictionary<string, int> SpreadsOf(StoredRow row)
    {
        if (!row.Columns.ContainsKey("spreads0"))
        {
            return NoSpreads;
        }

        using var reader = Packed.Open(row.Columns, "spreads");
        return Packed.ReadList(reader, () => KeyValuePair.Create(reader.ReadString(), reader.Read7BitEncodedInt()))
            .ToImmutableSortedDictionary(StringComparer.Ordinal);
    }

    /// <summary>The principal whose it is; empty where it was given out without looking at who asks.</summary>
    public static string OwnerOf(StoredRow row) => row.Columns.GetValueOrDefault("owner") as string ?? "";

    /// <summary>When its use was last written down, by the service's clock.</summary>
    public static DateTimeOffset TouchedAt(StoredRow row) => (DateTimeOffset)row.Columns["touched"];
}

/// <summary>The first id that no process has taken. One row, which is never deleted: no id is ever given out twice.</summary>
internal static class NextProducerIdRow
{
    public const long First = 1;

    public static RowKey Key { get; } = new("next", "next");

    public static Dictionary<string, object> Encode(long next) => new() { ["next"] = next };

    public static long Decode(StoredRow row) => (long)row.Columns["next"];
}
