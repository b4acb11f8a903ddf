using Serverless.Core;

namespace Serverless.Functions.Http.Consumers;

/// <summary>A body or a query that lists partitions: <c>{"partitions": [{"topic", "partition"}]}</c>, <c>?partitions=t:0,t:1</c>.</summary>
internal static class PartitionsRequest
{
    private static readonly FieldNames Fields = new("partitions");

    /// <summary>A list that must be there; empty is fine.</summary>
    public static IReadOnlyList<TopicPartition> Parse(RequestBody body, int entriesMax, bool checkTopics = false)
    {
        var partitions = body.IsEmpty ? null : ParseBody(body.Bytes.Span, entriesMax, checkTopics);
        return partitions ?? throw new RequestException(Problem.Content("partitions is missing."));
    }

    /// <summary>A list that may be in the body, in the query, or nowhere: null.</summary>
    public static IReadOnlyList<TopicPartition>? ParseOptional(RequestBody body, string? query, int entriesMax)
    {
        if (query is null)
        {
            return body.IsEmpty ? null : ParseBody(body.Bytes.Span, entriesMax, checkTopics: false);
        }

        return body.IsEmpty
            ? ParseQuery(query, entriesMax)
            : throw Query.Bad("partitions are given in the query and in a body: give one of them.");
    }

    /// <summary>Topic names have neither colon nor comma, so that a list needs no escapes.</summary>
    public static IReadOnlyList<TopicPartition> ParseQuery(string query, int entriesMax)
    {
        var entries = new List<PartitionEntry>();
        foreach (var entry in query.Split(',', entriesMax + 2))
        {
            var colon = entry.LastIndexOf(':');
            if (colon <= 0 || !Integers.TryParse(entry.AsSpan(colon + 1), out var partition)
                || partition is < 0 or > int.MaxValue || entries.Count == entriesMax)
            {
                throw Query.Bad($"Query parameter partitions must be topic:partition, at most {entriesMax} of them, parted by commas.");
            }

            entries.Add(new PartitionEntry(new TopicPartition(entry[..colon], (int)partition)));
        }

        return PartitionList.Partitions(entries);
    }

    private static IReadOnlyList<TopicPartition>? ParseBody(ReadOnlySpan<byte> body, int entriesMax, bool checkTopics)
    {
        var json = StrictJson.Open(body);
        json.BeginObject("The body");
        List<PartitionEntry>? entries = null;
        for (uint seen = 0; json.NextField(Fields, ref seen, out _);)
        {
            entries = PartitionList.Read(ref json, PartitionList.Plain, "partitions", entriesMax);
        }

        if (checkTopics && entries?.Find(entry => !RequestNames.CouldBeTopic(entry.At.Topic)) is { } impossible)
        {
            json.Refuse($"No topic can have the name '{StrictJson.Shown(impossible.At.Topic)}'.");
        }

        json.End();
        return entries is null ? null : PartitionList.Partitions(entries);
    }
}
