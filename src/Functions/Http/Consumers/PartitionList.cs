using System.Text.Json;
using Serverless.Core;
using Serverless.Core.Groups;

namespace Serverless.Functions.Http.Consumers;

/// <summary>One entry of a list of partitions; which fields beside the partition it has, its list's kind says.</summary>
internal sealed record PartitionEntry(TopicPartition At)
{
    public long? Offset { get; init; }

    public long? NextOffset { get; init; }

    public string Metadata { get; init; } = "";

    /// <summary>Milliseconds since 1970.</summary>
    public long? TimestampMs { get; init; }

    public SeekKind? To { get; init; }
}

/// <summary>Lists of partitions as consumer requests give them: <c>[{"topic": "t", "partition": 0, …}]</c>.</summary>
internal static class PartitionList
{
    public static readonly FieldNames Plain = new("topic", "partition");
    public static readonly FieldNames Commits = new("topic", "partition", "offset", "next_offset", "metadata");
    public static readonly FieldNames Seeks = new("topic", "partition", "offset", "metadata");
    public static readonly FieldNames Times = new("topic", "partition", "timestamp");
    public static readonly FieldNames Resets = new("topic", "partition", "offset", "next_offset", "metadata", "to");

    /// <summary>Reads the list that <paramref name="json"/> stands on. Anything but a list is 422, as the contract has it here.</summary>
    public static List<PartitionEntry> Read(ref StrictJson json, FieldNames fields, string what, int entriesMax)
    {
        var entries = new List<PartitionEntry>();
        if (json.Token != JsonTokenType.StartArray)
        {
            json.Refuse($"{what} must be an array.");
            json.Skip();
            return entries;
        }

        while (json.NextElement())
        {
            var entry = ReadEntry(ref json, fields, what);
            if (entries.Count == entriesMax)
            {
                json.Refuse($"{what} must have at most {entriesMax} entries.");
            }
            else
            {
                entries.Add(entry);
            }
        }

        return entries;
    }

    /// <summary>One entry a partition, the last one's word, in the order of the first ones.</summary>
    public static List<PartitionEntry> Distinct(List<PartitionEntry> entries)
    {
        var places = new Dictionary<TopicPartition, int>();
        var distinct = new List<PartitionEntry>();
        foreach (var entry in entries)
        {
            if (places.TryAdd(entry.At, distinct.Count))
            {
                distinct.Add(entry);
            }
            else
            {
                distinct[places[entry.At]] = entry;
            }
        }

        return distinct;
    }

    public static IReadOnlyList<TopicPartition> Partitions(List<PartitionEntry> entries) =>
        [.. Distinct(entries).Select(entry => entry.At)];

    private static PartitionEntry ReadEntry(ref StrictJson json, FieldNames fields, string what)
    {
        json.BeginObject($"An entry of {what}");
        string? topic = null;
        int? partition = null;
        var entry = new PartitionEntry(default(TopicPartition));
        for (uint seen = 0; json.NextField(fields, ref seen, out var field);)
        {
            switch (fields[field])
            {
                case "topic":
                    topic = json.String("topic");
                    break;
                case "partition":
                    partition = json.Int32("partition");
                    break;
                case "offset" when !json.IsNull:
                    entry = entry with { Offset = json.Int64("offset") };
                    break;
                case "next_offset" when !json.IsNull:
                    entry = entry with { NextOffset = json.Int64("next_offset") };
                    break;
                case "metadata" when !json.IsNull:
                    entry = entry with { Metadata = json.String("metadata") };
                    break;
                case "timestamp":
                    entry = entry with { TimestampMs = ReadTimestamp(ref json) };
                    break;
                case "to":
                    entry = entry with { To = ReadTo(ref json) };
                    break;
            }
        }

        if (topic is null)
        {
            json.Refuse("topic is missing.");
        }

        if (partition is not >= 0)
        {
            json.Refuse(partition is null ? "partition is missing." : "partition must not be negative.");
        }

        return entry with { At = new TopicPartition(topic ?? "", partition ?? 0) };
    }

    private static long ReadTimestamp(ref StrictJson json)
    {
        var milliseconds = -1L;
        if (json.Token == JsonTokenType.Number)
        {
            milliseconds = json.Int64("timestamp");
        }
        else if (!Timestamps.TryParse(json.String("timestamp"), out milliseconds))
        {
            milliseconds = -1;
        }

        if (milliseconds is < 0 or > Timestamps.MillisecondsMax)
        {
            json.Refuse("timestamp must be ISO 8601 with an offset, or milliseconds, within the years 1970 to 9999.");
        }

        return milliseconds;
    }

    private static SeekKind? ReadTo(ref StrictJson json)
    {
        switch (json.String("to"))
        {
            case "beginning":
                return SeekKind.Beginning;
            case "end":
                return SeekKind.End;
            default:
                json.Refuse("to must be beginning or end.");
                return null;
        }
    }
}
