using Serverless.Core.Records;

namespace Serverless.Functions.Http.Produce;

/// <summary>A record's headers: <c>[{"key": string, "value": base64 or null}]</c>; <c>name</c> says the same as <c>key</c>.</summary>
internal static class RecordHeaders
{
    private const int Key = 0, Name = 1, Value = 2;

    private static readonly FieldNames Fields = new("key", "name", "value");

    public static IReadOnlyList<RecordHeader> Read(ref StrictJson json, Memory<byte> body, int countMax)
    {
        if (json.IsNull)
        {
            return [];
        }

        json.BeginArray("headers");
        var headers = new List<RecordHeader>();
        while (json.NextElement())
        {
            json.BeginObject("header");
            string? key = null;
            ReadOnlyMemory<byte>? value = null;
            for (uint seen = 0; json.NextField(Fields, ref seen, out var field);)
            {
                switch (field)
                {
                    case Key or Name:
                        if (key is not null)
                        {
                            json.Refuse("A header has either key or name.");
                        }

                        key = json.String("header key");
                        break;
                    case Value:
                        value = EmbeddedData.Decode(body[json.Raw()], EmbeddedType.Binary, "header value");
                        break;
                }
            }

            if (key is null)
            {
                json.Refuse("A header needs a key.");
            }
            else if (headers.Count == countMax)
            {
                json.Refuse($"A record has at most {countMax} headers.");
            }
            else
            {
                headers.Add(new RecordHeader(key, value));
            }
        }

        return headers;
    }
}
