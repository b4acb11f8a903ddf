using System.Buffers;
using System.Text.Json;
using Serverless.Core;
using Serverless.Core.Log;

namespace Serverless.Functions.Http.Produce;

/// <summary>Produce replies: what became of each record, and the status that this makes of the whole.</summary>
internal static class ProduceReply
{
    /// <summary>What a client is told of a record that was not stored; null when it was.</summary>
    public static Problem? ProblemOf(ProduceOutcome outcome) => outcome switch
    {
        { Error: ErrorCode.None } => null,
        { PartitionUnknown: true } => Problem.PartitionNotFound,
        _ => ErrorReply.FromLog(outcome.Error, null),
    };

    /// <summary>v2: 200 when a record was stored; when none was, the first one's status, with its code and text beside the list.</summary>
    public static Reply V2(string type, IReadOnlyList<ProduceOutcome> outcomes)
    {
        var failure = outcomes.All(outcome => outcome.Error != ErrorCode.None) ? ProblemOf(outcomes[0]) : null;
        var reply = Reply.Json(type, json => WriteV2(json, outcomes, failure), failure?.Status ?? 200);
        return failure?.RetryAfter > 0 ? reply.With("Retry-After", failure.RetryAfter.ToString("D", null)) : reply;
    }

    /// <summary>v3: a report a record, one after the other; the only one's code is the status too.</summary>
    public static Reply V3(string clusterId, string topic, IReadOnlyList<RecordV3> records, IReadOnlyList<ProduceOutcome?> outcomes)
    {
        var buffer = new ArrayBufferWriter<byte>(256 * records.Count);
        for (var i = 0; i < records.Count; i++)
        {
            if (i > 0)
            {
                buffer.Write("\n"u8);
            }

            using var json = Reply.Writer(buffer);
            WriteReport(json, clusterId, topic, records[i], outcomes[i]);
        }

        var problem = records.Count == 1 ? ProblemOf(records[0], outcomes[0]) : null;
        var reply = new Reply
        {
            Status = problem?.Status ?? 200, ContentType = MediaType.PlainJson, Body = buffer.WrittenMemory,
        };
        return problem?.RetryAfter > 0 ? reply.With("Retry-After", problem.RetryAfter.ToString("D", null)) : reply;
    }

    private static Problem? ProblemOf(RecordV3 record, ProduceOutcome? outcome) => record.Refusal ?? outcome switch
    {
        null => null,
        { Error: ErrorCode.InvalidTopic } => Problem.BadAdmin(Problem.ReadOnlyTopic.Message),
        { } known => ProblemOf(known),
    };

    private static void WriteV2(Utf8JsonWriter json, IReadOnlyList<ProduceOutcome> outcomes, Problem? failure)
    {
        json.WriteStartObject();
        if (failure is not null)
        {
            json.WriteNumber("error_code"u8, failure.Code);
            json.WriteString("message"u8, failure.Message);
        }

        json.WriteStartArray("offsets"u8);
        foreach (var outcome in outcomes)
        {
            json.WriteStartObject();
            if (ProblemOf(outcome) is { } problem)
            {
                json.WriteNull("partition"u8);
                json.WriteNull("offset"u8);
                json.WriteNumber("error_code"u8, problem.Code);
                json.WriteString("error"u8, problem.Message);
            }
            else
            {
                json.WriteNumber("partition"u8, outcome.Partition);
                json.WriteNumber("offset"u8, outcome.Offset);
                json.WriteNull("error_code"u8);
                json.WriteNull("error"u8);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteNull("key_schema_id"u8);
        json.WriteNull("value_schema_id"u8);
        json.WriteEndObject();
    }

    private static void WriteReport(Utf8JsonWriter json, string clusterId, string topic, RecordV3 record, ProduceOutcome? outcome)
    {
        if (ProblemOf(record, outcome) is { } problem)
        {
            ErrorReply.Write(json, problem, null);
            return;
        }

        var stored = outcome!.Value;
        json.WriteStartObject();
        json.WriteNumber("error_code"u8, 200);
        json.WriteString("cluster_id"u8, clusterId);
        json.WriteString("topic_name"u8, topic);
        json.WriteNumber("partition_id"u8, stored.Partition);
        json.WriteNumber("offset"u8, stored.Offset);
        json.WriteString("timestamp"u8, Timestamps.Format(stored.TimestampMs));
        WriteSize(json, "key"u8, record.Record!.Key, record.KeyType);
        WriteSize(json, "value"u8, record.Record.Value, record.ValueType);
        json.WriteEndObject();
    }

    private static void WriteSize(Utf8JsonWriter json, ReadOnlySpan<byte> name, ReadOnlyMemory<byte>? data, EmbeddedType type)
    {
        if (data is not { } bytes)
        {
            return;
        }

        json.WriteStartObject(name);
        json.WriteString("type"u8, type switch { EmbeddedType.Json => "JSON", EmbeddedType.String => "STRING", _ => "BINARY" });
        json.WriteNumber("size"u8, bytes.Length);
        json.WriteEndObject();
    }
}
