using System.Text.Json;
using Serverless.Core.Log;
using Serverless.Core.Records;

namespace Serverless.Functions.Http.Produce;

/// <summary>One record of a v3 produce request, or why it is none: each is answered by itself.</summary>
internal sealed record RecordV3(ProduceRecord? Record, Problem? Refusal, EmbeddedType KeyType, EmbeddedType ValueType);

/// <summary>The body of a v3 produce request: one JSON object, or several one after the other (section 3 of the contract).</summary>
internal static class ProduceRequestV3
{
    private const int Partition = 0, Timestamp = 1, Headers = 2, Key = 3, Value = 4;
    private const int Type = 0, Data = 1;

    private static readonly FieldNames RecordFields = new("partition_id", "timestamp", "headers", "key", "value");
    private static readonly FieldNames DataFields = new("type", "data");

    /// <param name="body">Written over; the records point into it.</param>
    public static IReadOnlyList<RecordV3> Parse(RequestBody body, HttpLimits limits)
    {
        if (body.IsEmpty)
        {
            throw new RequestException(Problem.NoBody);
        }

        var records = new List<RecordV3>();
        foreach (var place in Places(body.Bytes.Span, limits.RequestRecordsMax))
        {
            records.Add(ReadRecord(body.Bytes[place], limits));
        }

        return records;
    }

    // The syntax of all is checked before any is looked at.
    private static List<Range> Places(ReadOnlySpan<byte> body, int countMax)
    {
        var json = StrictJson.Open(body, severalValues: true);
        var places = new List<Range>();
        do
        {
            if (places.Count == countMax)
            {
                throw new RequestException(Problem.TooLarge($"A request has at most {countMax} records."));
            }

            places.Add(json.Raw());
        }
        while (json.NextValue());

        return places;
    }

    private static RecordV3 ReadRecord(Memory<byte> text, HttpLimits limits)
    {
        EmbeddedType keyType = default, valueType = default;
        try
        {
            var json = StrictJson.Open(text.Span, Problem.Malformed);
            json.BeginObject("A record");
            ReadOnlyMemory<byte>? key = null, value = null;
            int? partition = null;
            long? timestamp = null;
            IReadOnlyList<RecordHeader> headers = [];
            for (uint seen = 0; json.NextField(RecordFields, ref seen, out var field);)
            {
                switch (field)
                {
                    case Partition when !json.IsNull:
                        partition = json.Int32("partition_id");
                        if (partition < 0)
                        {
                            json.Refuse(Problem.PartitionNotFound);
                        }

                        break;
                    case Timestamp when !json.IsNull:
                        timestamp = ReadTimestamp(ref json);
                        break;
                    case Headers:
                        headers = RecordHeaders.Read(ref json, text, limits.RecordHeadersMax);
                        break;
                    case Key when !json.IsNull:
                        (key, keyType) = ReadData(ref json, text, "key");
                        break;
                    case Value when !json.IsNull:
                        (value, valueType) = ReadData(ref json, text, "value");
                        break;
                }
            }

            json.End();
            return new RecordV3(new ProduceRecord(partition, timestamp, key, value, headers), null, keyType, valueType);
        }
        catch (RequestException refused)
        {
            return new RecordV3(null, refused.Problem, keyType, valueType);
        }
    }

    private static long ReadTimestamp(ref StrictJson json)
    {
        if (json.Token != JsonTokenType.String)
        {
            var milliseconds = json.Int64("timestamp");
            return milliseconds is >= 0 and <= Timestamps.MillisecondsMax
                ? milliseconds
                : throw StrictJson.Wrong("timestamp", "within the years 1970 to 9999");
        }

        return Timestamps.TryParse(json.String("timestamp"), out var time) ? time : throw StrictJson.Wrong("timestamp", "an ISO 8601 time");
    }

    // The type may come after the data.
    private static (ReadOnlyMemory<byte>? Bytes, EmbeddedType Type) ReadData(ref StrictJson json, Memory<byte> text, string what)
    {
        json.BeginObject(what);
        var type = EmbeddedType.Binary;
        Range? data = null;
        for (uint seen = 0; json.NextField(DataFields, ref seen, out var field);)
        {
            switch (field)
            {
                case Type when !json.IsNull:
                    type = json.String("type") switch
                    {
                        "BINARY" => EmbeddedType.Binary,
                        "JSON" => EmbeddedType.Json,
                        "STRING" => EmbeddedType.String,
                        _ => throw StrictJson.Wrong("type", "BINARY, JSON or STRING"),
                    };
                    break;
                case Data:
                    data = json.Raw();
                    break;
            }
        }

        return (data is { } place ? EmbeddedData.Decode(text[place], type, what) : null, type);
    }
}
