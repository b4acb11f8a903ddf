using Serverless.Core.Log;

namespace Serverless.Core.Storage.Rows;

/// <summary>A partition's producers as columns of a checkpoint; none where there are no producers. Never reorder what is written.</summary>
internal static class ProducerStatesCodec
{
    private const string Column = "producers";

    public static void Write(Dictionary<string, object> columns, ProducerStates producers)
    {
        if (producers == ProducerStates.Empty)
        {
            return;
        }

        Packed.Put(columns, Column, Packed.Bytes(writer =>
        {
            writer.Write7BitEncodedInt64(producers.ForgottenTo);
            Packed.WriteList(writer, [.. producers.All], state =>
            {
                writer.Write7BitEncodedInt64(state.Key);
                writer.Write(state.Value.Epoch);
                writer.Write(state.Value.LastSequence);
                writer.Write7BitEncodedInt64(state.Value.OpenFrom);
                writer.Write7BitEncodedInt64(state.Value.LastOffset);
                Packed.WriteList(writer, state.Value.Recent, batch =>
                {
                    writer.Write7BitEncodedInt(batch.BaseSequence);
                    writer.Write7BitEncodedInt(batch.Records);
                    writer.Write7BitEncodedInt64(batch.BaseOffset);
                });
            });
        }));
    }

    public static ProducerStates Read(IReadOnlyDictionary<string, object> columns)
    {
        if (!columns.ContainsKey($"{Column}0"))
        {
            return ProducerStates.Empty;
        }

        using var reader = Packed.Open(columns, Column);
        var forgottenTo = reader.Read7BitEncodedInt64();
        return ProducerStates.Of(
            Packed.ReadList(reader, () => KeyValuePair.Create(
                reader.Read7BitEncodedInt64(),
                new ProducerState(
                    reader.ReadInt16(), reader.ReadInt32(), reader.Read7BitEncodedInt64(), reader.Read7BitEncodedInt64(),
                    [.. Packed.ReadList(reader, () => new StoredBatch(
                        reader.Read7BitEncodedInt(), reader.Read7BitEncodedInt(), reader.Read7BitEncodedInt64()))]))),
            forgottenTo);
    }
}
