using System.Text.Json;
using Serverless.Core.Delivery;

namespace Serverless.Functions.Http.Delivery;

/// <summary>Which dead letters are to go back: <c>{"records": [{"partition": 0, "offset": 5}]}</c>; and where they went.</summary>
internal static class ReplayRequest
{
    private static readonly FieldNames Fields = new("records");
    private static readonly FieldNames RecordFields = new("partition", "offset");

    public static IReadOnlyList<LetterPlace> Parse(RequestBody body)
    {
        if (body.IsEmpty)
        {
            throw new RequestException(Problem.NoBody);
        }

        var json = StrictJson.Open(body.Bytes.Span);
        json.BeginObject("The body");
        var letters = new List<LetterPlace>();
        for (uint seen = 0; json.NextField(Fields, ref seen, out _);)
        {
            json.BeginArray("records");
            while (json.NextElement())
            {
                letters.Add(Read(ref json));
            }
        }

        if (letters.Count is 0 or > DeadLetterReplay.LettersMax)
        {
            json.Refuse($"records must have 1 to {DeadLetterReplay.LettersMax} entries.");
        }

        json.End();
        return letters;
    }

    public static void Write(Utf8JsonWriter json, IReadOnlyList<ReplayedLetter> letters)
    {
        json.WriteStartObject();
        json.WriteStartArray("records"u8);
        foreach (var letter in letters)
        {
            json.WriteStartObject();
            json.WriteNumber("partition"u8, letter.Letter.Partition);
            json.WriteNumber("offset"u8, letter.Letter.Offset);
            json.WriteString("to_topic"u8, letter.To.Topic);
            json.WriteNumber("to_partition"u8, letter.To.Partition);
            json.WriteNumber("to_offset"u8, letter.Offset);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static LetterPlace Read(ref StrictJson json)
    {
        json.BeginObject("A record");
        int? partition = null;
        long? offset = null;
        for (uint seen = 0; json.NextField(RecordFields, ref seen, out var field);)
        {
            if (field == 0)
            {
                partition = json.Int32("partition");
            }
            else
            {
                offset = json.Int64("offset");
            }
        }

        if (partition is not >= 0 || offset is not >= 0)
        {
            json.Refuse("A record needs a partition and an offset, none negative.");
        }

        return new(partition ?? 0, offset ?? 0);
    }
}
