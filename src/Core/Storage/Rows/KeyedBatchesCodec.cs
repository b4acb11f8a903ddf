using Serverless.Core.Log;

namespace Serverless.Core.Storage.Rows;

/// <summary>The hashes of idempotency keys as columns of a checkpoint; none where there are none. Never reorder what is written.</summary>
internal static class KeyedBatchesCodec
{
    private const string Column = "keys";

    public static void Write(Dictionary<string, object> columns, KeyedBatches keys)
    {
        if (keys.IsEmpty)
        {
            return;
        }

        Packed.Put(columns, Column, Packed.Bytes(writer =>
        {
            writer.Write7BitEncodedInt64(keys.From);
            var before = keys.From;
            Packed.WriteList(writer, [.. keys.All], key =>
            {
                writer.Write(key.Key);
                writer.Write7BitEncodedInt64(key.Value - before);
                before = key.Value;
            });
        }));
    }

    public static KeyedBatches? Read(IReadOnlyDictionary<string, object> columns)
    {
        if (!columns.ContainsKey($"{Column}0"))
        {
            return null;
        }

        using var reader = Packed.Open(columns, Column);
        var from = reader.Read7BitEncodedInt64();
        var before = from;
        return KeyedBatches.Of(
            Packed.ReadList(reader, () => KeyValuePair.Create(reader.ReadInt64(), before += reader.Read7BitEncodedInt64())), from);
    }
}
