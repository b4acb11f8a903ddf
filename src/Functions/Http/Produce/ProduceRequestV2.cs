using Serverless.Core.Log;
using Serverless.Core.Records;

namespace Serverless.Functions.Http.Produce;

/// <summary>The body of a v2 produce request (section 2.4 of the HTTP contract); checked as a whole before anything is appended.</summary>
/// <param name="Sequence">What an idempotent producer sends beside the records; null where it sends nothing.</param>
internal sealed record ProduceRequestV2(IReadOnlyList<ProduceRecord> Records, ProduceIdentity.Sequence? Sequence)
{
    private const int RecordList = 0, Producer = 1;
    private const int Key = 0, Value = 1, Partition = 2, Timestamp = 3, Headers = 4;

    // The four others are for a schema registry, which there is none of: null says so.
    private static readonly FieldNames RequestFields =
        new("records", "producer", "key_schema", "key_schema_id", "value_schema", "value_schema_id");

    private static readonly FieldNames RecordFields = new("key", "value", "partition", "timestamp", "headers");

    /// <summary>Records alone: of a transaction, whose producer is in the path.</summary>
    /// <param name="body">Written over; the records point into it.</param>
    /// <param name="pathPartition">The partition that the path names, or null.</param>
    public static IReadOnlyList<ProduceRecord> Parse(RequestBody body, EmbeddedType type, int? pathPartition, HttpLimits limits) =>
        ParseRequest(body, type, pathPartition, limits) is { Sequence: null } request
            ? request.Records
            : throw new RequestException(Problem.Content("Unrecognized field: producer"));

    /// <summary>Records, and what an idempotent producer says of them.</summary>
    /// <param name="body">Written over; the records point into it.</param>
    /// <param name="pathPartition">The partition that the path names, or null.</param>
    public static ProduceRequestV2 ParseRequest(RequestBody body, EmbeddedType type, int? pathPartition, HttpLimits limits)
    {
        if (body.IsEmpty)
        {
            throw new RequestException(Problem.NoBody);
        }

        var json = StrictJson.Open(body.Bytes.Span);
        json.BeginObject("The body");
        var records = new List<ProduceRecord>();
        ProduceIdentity.Sequence? sequence = null;
        for (uint seen = 0; json.NextField(RequestFields, ref seen, out var field);)
        {
            if (field == RecordList)
            {
                ReadRecords(ref json, body.Bytes, type, pathPartition, limits, records);
            }
            else if (field == Producer && !json.IsNull)
            {
                sequence = ProducerField.Read(ref json, onePartition: pathPartition is not null);
            }
            else if (!json.IsNull)
            {
                json.Refuse($"{RequestFields[field]} is not supported: there is no schema registry.");
                json.Skip();
            }
        }

        if (records.Count == 0)
        {
            json.Refuse("records must not be empty.");
        }

        json.End();
        return new ProduceRequestV2(records, sequence);
    }

    private static void ReadRecords(
        ref StrictJson json, Memory<byte> body, EmbeddedType type, int? pathPartition, HttpLimits limits, List<ProduceRecord> records)
    {
        if (json.IsNull)
        {
            return;
        }

        json.BeginArray("records");
        while (json.NextElement())
        {
            if (records.Count == limits.RequestRecordsMax)
            {
                throw new RequestException(Problem.TooLarge($"A request has at most {limits.RequestRecordsMax} records."));
            }

            records.Add(ReadRecord(ref json, body, type, pathPartition, limits));
        }
    }

    private static ProduceRecord ReadRecord(
        ref StrictJson json, Memory<byte> body, EmbeddedType type, int? pathPartition, HttpLimits limits)
    {
        json.BeginObject("A record");
        ReadOnlyMemory<byte>? key = null, value = null;
        var partition = pathPartition;
        long? timestamp = null;
        IReadOnlyList<RecordHeader> headers = [];
        for (uint seen = 0; json.NextField(RecordFields, ref seen, out var field);)
        {
            switch (field)
            {
                case Key:
                    key = EmbeddedData.Decode(body[json.Raw()], type, "key");
                    break;
                case Value:
                    value = EmbeddedData.Decode(body[json.Raw()], type, "value");
                    break;
                case Partition when !json.IsNull:
                    partition = ReadPartition(ref json, pathPartition);
                    break;
                case Timestamp when !json.IsNull:
                    timestamp = json.Int64("timestamp");
                    if (timestamp is < 0 or > Timestamps.MillisecondsMax)
                    {
                        json.Refuse($"timestamp must be from 0 to {Timestamps.MillisecondsMax} ms.");
                    }

                    break;
                case Headers:
                    headers = RecordHeaders.Read(ref json, body, limits.RecordHeadersMax);
                    break;
            }
        }

        return new ProduceRecord(partition, timestamp, key, value, headers);
    }

    private static int ReadPartition(ref StrictJson json, int? pathPartition)
    {
        var partition = json.Int32("partition");
        if (partition < 0)
        {
            json.Refuse("partition must not be negative.");
        }
        else if (pathPartition is not null && partition != pathPartition)
        {
            json.Refuse("partition differs from the one in the path.");
        }

        return partition;
    }
}
