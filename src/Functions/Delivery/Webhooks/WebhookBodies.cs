using System.Buffers;
using System.Globalization;
using System.Text.Unicode;
using Serverless.Core.Delivery;
using Serverless.Core.Groups;
using Serverless.Core.Records;
using Serverless.Functions.Http;

namespace Serverless.Functions.Delivery.Webhooks;

/// <summary>A batch as a webhook's body.</summary>
internal static class WebhookBodies
{
    public const string CloudEventsType = "application/cloudevents-batch+json";

    /// <summary>The offset of the first record that cannot be shown in the format; null where all can.</summary>
    /// <remarks>The subject of a CloudEvent is a text, so there a key need not be JSON.</remarks>
    public static long? Unshowable(PolledSlice slice, WebhookBody body, RecordFormat format)
    {
        var showable = body == WebhookBody.CloudEvents && format == RecordFormat.Json ? HasJsonValue : RecordsWriter.Showable(format);
        var reader = new RecordBatchReader(slice.Batches.Span);
        while (reader.TryRead(out var header, out var batch))
        {
            if (header.IsControl)
            {
                continue;
            }

            using var records = RecordReader.Open(batch);
            while (records.TryRead(out var record) && record.Offset < slice.ToOffset)
            {
                if (record.Offset >= slice.FromOffset && !showable(record))
                {
                    return record.Offset;
                }
            }
        }

        return null;
    }

    /// <summary>The records as consumers are given them.</summary>
    public static async ValueTask<byte[]> RecordsAsync(PolledSlice slice, RecordFormat format)
    {
        var output = new ArrayBufferWriter<byte>(slice.Batches.Length + 64);
        await RecordsWriter.WriteAsync(output, () => default, [slice], format);
        return output.WrittenSpan.ToArray();
    }

    /// <summary>A batch of CloudEvents 1.0 (JSON batch format), one for each record.</summary>
    public static byte[] CloudEvents(DeliveryBatch batch, RecordFormat format, string clusterId)
    {
        var output = new ArrayBufferWriter<byte>(batch.Slice.Batches.Length + 256);
        using var json = Reply.Writer(output);
        var source = $"/v3/clusters/{Uri.EscapeDataString(clusterId)}/topics/{batch.At.Topic}/partitions/{batch.At.Partition}";
        json.WriteStartArray();
        foreach (var record in DeliveredRecord.Of(batch.Slice))
        {
            var offset = record.Offset.ToString(CultureInfo.InvariantCulture);
            json.WriteStartObject();
            json.WriteString("specversion"u8, "1.0");
            json.WriteString("id"u8, $"{batch.TopicId}-{batch.At.Partition}-{offset}");
            json.WriteString("source"u8, source);
            json.WriteString("type"u8, "kafka.record");
            if (record.Timestamp >= 0)
            {
                json.WriteString("time"u8, Timestamps.Format(record.Timestamp));
            }

            if (record.Key is { Length: > 0 } key && Utf8.IsValid(key.Span))
            {
                json.WriteString("subject"u8, key.Span);
            }

            json.WriteNumber("partition"u8, batch.At.Partition);

            // The specification's integers have 32 bits.
            json.WriteString("offset"u8, offset);
            if (record.Value is { } value && format == RecordFormat.Json)
            {
                json.WriteString("datacontenttype"u8, MediaType.PlainJson);
                json.WritePropertyName("data"u8);
                json.WriteRawValue(value.Span, skipInputValidation: true);
            }
            else if (record.Value is { } bytes)
            {
                json.WriteBase64String("data_base64"u8, bytes.Span);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.Flush();
        return output.WrittenSpan.ToArray();
    }

    private static bool HasJsonValue(scoped in Record record) => record.ValueIsNull || JsonSyntax.IsValue(record.Value);
}
