using System.Text.Json;
using Serverless.Core;
using Serverless.Core.Groups;

namespace Serverless.Functions.Http.Consumers;

/// <summary>Lists of partitions and offsets, as consumer requests are answered.</summary>
internal static class PartitionsWriter
{
    /// <summary>A named list within an object.</summary>
    public static void Partitions(Utf8JsonWriter json, ReadOnlySpan<byte> name, IReadOnlyList<TopicPartition> partitions)
    {
        json.WriteStartArray(name);
        foreach (var at in partitions)
        {
            json.WriteStartObject();
            Place(json, at);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <summary>The next offsets to be read, as a named list within an object.</summary>
    public static void Positions(Utf8JsonWriter json, IReadOnlyList<GroupOffset> positions)
    {
        json.WriteStartArray("offsets"u8);
        foreach (var position in positions)
        {
            json.WriteStartObject();
            Place(json, position.At);
            json.WriteNumber("offset"u8, position.Offset);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    public static void Committed(Utf8JsonWriter json, IReadOnlyList<GroupOffset> committed)
    {
        json.WriteStartObject();
        json.WriteStartArray("offsets"u8);
        foreach (var offset in committed)
        {
            json.WriteStartObject();
            Place(json, offset.At);
            json.WriteNumber("offset"u8, offset.Offset);
            json.WriteString("metadata"u8, offset.Metadata);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>What a commit stored: the last record consumed, and the next one, which is what is kept.</summary>
    public static void Stored(Utf8JsonWriter json, IReadOnlyList<GroupOffset> stored)
    {
        json.WriteStartArray();
        foreach (var offset in stored)
        {
            json.WriteStartObject();
            Place(json, offset.At);
            json.WriteNumber("consumed"u8, offset.Offset - 1);
            json.WriteNumber("committed"u8, offset.Offset);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <summary>Lag by partition and in all; null where there is no commit or no position.</summary>
    public static void Lag(Utf8JsonWriter json, IReadOnlyList<PartitionLag> lags)
    {
        json.WriteStartObject();
        json.WriteNumber("total_lag"u8, lags.Sum(lag => lag.Lag));
        json.WriteStartArray("partitions"u8);
        foreach (var lag in lags)
        {
            json.WriteStartObject();
            Place(json, lag.At);
            OffsetOrNull(json, "position"u8, lag.Position);
            OffsetOrNull(json, "committed"u8, lag.Committed);
            json.WriteNumber("end_offset"u8, lag.EndOffset);
            json.WriteNumber("lag"u8, lag.Lag);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Place(Utf8JsonWriter json, TopicPartition at)
    {
        json.WriteString("topic"u8, at.Topic);
        json.WriteNumber("partition"u8, at.Partition);
    }

    private static void OffsetOrNull(Utf8JsonWriter json, ReadOnlySpan<byte> name, long offset)
    {
        if (offset >= 0)
        {
            json.WriteNumber(name, offset);
        }
        else
        {
            json.WriteNull(name);
        }
    }
}
