using System.Globalization;

namespace Serverless.Http.BadInput;

/// <summary>Turns a good request into one that is likely not, by chance: the same for the same seed.</summary>
public sealed class Mutator(Random random)
{
    // What breaks parsers, joins, keys and arithmetic.
    private static readonly string[] Words =
    [
        "null", "true", "\"\"", "{}", "[]", "-1", "0", "1e400", "-0", "1.0", "2147483648", "9223372036854775808", "9007199254740993",
        "NaN", "\"\\ud800\"", "\"\\u0000\"", "\"a/b\"", "\"..\"", "\"%2F\"", "\"'\"", "\\", "\"", "{", "}", "[", "]", ",", ":", "\uFEFF",
        "\u202E", "😀", "\0", "\r\n", "é", "$type", "__proto__", "x' or '1' eq '1", "*", "\"YQ\"", "1700000000000", "+1", " ",
    ];

    private static readonly string[] PathWords =
    [
        "%00", "%2F", "%252F", "%20", "..", ".", "%C0%AF", "%ED%A0%80", "%F0%9F%98%80", "%", "%zz", "-1", "0", "2147483648", "9223372036854775808",
        "'", "x'%20or%20'1'%20eq%20'1", "$metadata", "records", "offsets", "instances", "partitions", "a;b", ":", "*", "%3F", "%23", "%0d%0a", "_", "__x",
    ];

    private static readonly string[] Types =
    [
        "", "application/json", ServiceFixture.V2, ServiceFixture.Json, ServiceFixture.Binary, "text/plain", "*/*", "application/*;q=0.1",
        "application/json;charset=utf-16", "application/vnd.kafka.avro.v2+json", "*/*;q=0", ";", "a/b/c", "application/json;q=2",
    ];

    public WireRequest Mutate(WireRequest request)
    {
        for (var times = 1 + random.Next(3); times > 0; times--)
        {
            request = random.Next(10) switch
            {
                0 => request with { Method = Pick("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS") },
                1 => request with { Accept = Pick(Types) },
                2 when request.Body is not null => request with { ContentType = Pick(Types) },
                3 or 4 => request with { Path = MutatePath(request.Path) },
                _ when request.Body is not null => request with { Body = MutateBody(request.Body) },
                _ => request with { Path = MutatePath(request.Path) },
            };
        }

        return request;
    }

    private string MutatePath(string path)
    {
        var segments = path.Split('/');
        var at = random.Next(1, segments.Length);
        var query = path.IndexOf('?', StringComparison.Ordinal);
        return random.Next(7) switch
        {
            0 => string.Join('/', segments.Where((_, i) => i != at)) is { Length: > 0 } shorter ? shorter : "/",
            1 => string.Join('/', segments[..at].Append(Pick(PathWords)).Concat(segments[at..])),
            2 => string.Join('/', segments[..at].Append(Pick(PathWords)).Concat(segments[(at + 1)..])),
            3 when query >= 0 && path.IndexOf('=', query) >= 0 => path[..path.IndexOf('=', query)] + "=" + Pick(PathWords),
            4 => path + (query < 0 ? "?" : "&") + Pick("x=1", "timeout=1", "offset=0", "partitions=orders:0", "=", "&&", "a[]=1", "timeout=" + Pick(PathWords)),
            5 => string.Join('/', segments.Select((segment, i) => i == at ? new string('a', random.Next(1, 400)) : segment)),
            _ => Spliced(path, Pick(PathWords), 1),
        };
    }

    private string MutateBody(string body)
    {
        if (body.Length == 0)
        {
            return Pick(Words);
        }

        var at = random.Next(body.Length);
        return random.Next(8) switch
        {
            0 => body[..at],
            1 => body.Remove(at, Math.Min(random.Next(1, 6), body.Length - at)),
            2 => Spliced(body, Pick(Words), 0),
            3 => body[..at] + body[at..].Insert(Math.Min(random.Next(8), body.Length - at), body[at..Math.Min(body.Length, at + random.Next(1, 30))]),
            4 => ReplaceToken(body),
            5 => ReplaceToken(body),
            6 => body.Replace(Pick("orders", "0", "1", "\"", "topic", "value", "partition"), Pick(Words), StringComparison.Ordinal),
            _ => body[..at] + (char)random.Next(1, 0x300) + body[(at + 1)..],
        };
    }

    // A whole value of the JSON text: what stands behind a colon.
    private string ReplaceToken(string body)
    {
        var colons = Enumerable.Range(0, body.Length).Where(i => body[i] == ':').ToList();
        if (colons.Count == 0)
        {
            return body + Pick(Words);
        }

        var start = colons[random.Next(colons.Count)] + 1;
        var end = body.IndexOfAny([',', '}', ']'], start);
        return body[..start] + (random.Next(4) == 0 ? random.NextInt64().ToString(CultureInfo.InvariantCulture) : Pick(Words)) + body[(end < 0 ? start : end)..];
    }

    private string Spliced(string text, string what, int from)
    {
        var at = random.Next(Math.Min(from, text.Length), text.Length + 1);
        return text[..at] + what + text[at..];
    }

    private string Pick(params string[] choices) => choices[random.Next(choices.Length)];
}
