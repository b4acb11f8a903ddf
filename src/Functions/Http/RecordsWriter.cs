using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Serverless.Core.Groups;
using Serverless.Core.Records;

namespace Serverless.Functions.Http;

/// <summary>Records as the contract shows them (section 2.10), written batch by batch: a large reply is never held as a whole.</summary>
/// <remarks>Which records can be shown was settled by <see cref="Showable"/> before the first byte is sent.</remarks>
internal static class RecordsWriter
{
    private const int FlushBytes = 64 * 1024;

    /// <summary>Any bytes are fine as base64; as JSON, what is stored must be JSON.</summary>
    public static RecordFilter Showable(RecordFormat format) => format == RecordFormat.Json ? IsJson : Always;

    public static Reply Reply(string contentType, IReadOnlyList<PolledSlice> slices, RecordFormat format, bool more)
    {
        var reply = new Reply
        {
            ContentType = contentType,
            Stream = (output, flush) => WriteAsync(output, flush, slices, format),
        };
        return more ? reply.With("Kafka-More", "true") : reply;
    }

    public static async ValueTask WriteAsync(
        IBufferWriter<byte> output, Func<ValueTask> flush, IReadOnlyList<PolledSlice> slices, RecordFormat format)
    {
        using var json = Http.Reply.Writer(output);
        json.WriteStartArray();
        var flushed = 0L;
        foreach (var slice in slices)
        {
            for (var position = 0; position < slice.Batches.Length;)
            {
                position += WriteBatch(json, slice, position, format);
                if (json.BytesCommitted + json.BytesPending - flushed > FlushBytes)
                {
                    json.Flush();
                    flushed = json.BytesCommitted;
                    await flush();
                }
            }
        }

        json.WriteEndArray();
        json.Flush();
    }

    // Returns the batch's size; a rest that is no whole batch ends the slice.
    private static int WriteBatch(Utf8JsonWriter json, PolledSlice slice, int position, RecordFormat format)
    {
        var rest = slice.Batches.Span[position..];
        if (!new RecordBatchReader(rest).TryRead(out var header, out var batch))
        {
            return rest.Length;
        }

        if (!header.IsControl && header.NextOffset > slice.FromOffset && header.BaseOffset < slice.ToOffset)
        {
            using var records = RecordReader.Open(batch);
            while (records.TryRead(out var record) && record.Offset < slice.ToOffset)
            {
                if (record.Offset >= slice.FromOffset)
                {
                    WriteRecord(json, slice, record, format);
                }
            }
        }

        return batch.Length;
    }

    private static void WriteRecord(Utf8JsonWriter json, PolledSlice slice, in Record record, RecordFormat format)
    {
        json.WriteStartObject();
        json.WriteString("topic"u8, slice.At.Topic);
        WriteData(json, "key"u8, record.Key, record.KeyIsNull, format);
        WriteData(json, "value"u8, record.Value, record.ValueIsNull, format);
        json.WriteNumber("partition"u8, slice.At.Partition);
        json.WriteNumber("offset"u8, record.Offset);
        json.WriteNumber("timestamp"u8, record.Timestamp);
        if (record.HeaderCount > 0)
        {
            WriteHeaders(json, record.Headers);
        }

        json.WriteEndObject();
    }

    private static void WriteHeaders(Utf8JsonWriter json, RecordHeaderReader headers)
    {
        json.WriteStartArray("headers"u8);
        while (headers.TryRead(out var key, out var valueIsNull, out var value))
        {
            json.WriteStartObject();
            if (Utf8.IsValid(key))
            {
                json.WriteString("key"u8, key);
            }
            else
            {
                // Another writer's; the name cannot be shown as it is, but the record can.
                json.WriteString("key"u8, Encoding.UTF8.GetString(key));
            }

            WriteData(json, "value"u8, value, valueIsNull, RecordFormat.Binary);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteData(
        Utf8JsonWriter json, ReadOnlySpan<byte> name, ReadOnlySpan<byte> data, bool isNull, RecordFormat format)
    {
        if (isNull)
        {
            json.WriteNull(name);
        }
        else if (format == RecordFormat.Json)
        {
            // Numbers keep their text: 9007199254740993 and 1.10 are not what a double makes of them.
            json.WritePropertyName(name);
            json.WriteRawValue(data, skipInputValidation: true);
        }
        else
        {
            json.WriteBase64String(name, data);
        }
    }

    private static bool Always(scoped in Record record) => true;

    private static bool IsJson(scoped in Record record) =>
        (record.KeyIsNull || JsonSyntax.IsValue(record.Key)) && (record.ValueIsNull || JsonSyntax.IsValue(record.Value));
}
