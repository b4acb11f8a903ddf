using Microsoft.AspNetCore.Http;

namespace Serverless.Functions.Http;

/// <summary>The media types that we speak, and the parts of one that a request names.</summary>
/// <remarks>Type and subtype compare without case; parameters are ignored, all but <c>charset</c> and <c>q</c>.</remarks>
internal readonly record struct MediaType(string Name, string? Charset, double Quality)
{
    public const string V2 = "application/vnd.kafka.v2+json";
    public const string Json = "application/vnd.kafka.json.v2+json";
    public const string Binary = "application/vnd.kafka.binary.v2+json";
    public const string Text = "application/vnd.kafka.text.v2+json";
    public const string Kafka = "application/vnd.kafka+json";
    public const string PlainJson = "application/json";

    public bool IsUtf8 => Charset is null or "utf-8" or "utf8";

    /// <summary>Parses one media type or range with its parameters; false on anything else.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out MediaType type)
    {
        type = default;
        var end = text.IndexOf(';');
        var name = (end < 0 ? text : text[..end]).Trim();
        var slash = name.IndexOf('/');
        if (slash <= 0 || slash == name.Length - 1 || name[(slash + 1)..].Contains('/') || name.ContainsAny(' ', '\t'))
        {
            return false;
        }

        string? charset = null;
        var quality = 1.0;
        for (var rest = end < 0 ? [] : text[(end + 1)..]; !rest.IsEmpty;)
        {
            var stop = rest.IndexOf(';');
            var parameter = (stop < 0 ? rest : rest[..stop]).Trim();
            rest = stop < 0 ? [] : rest[(stop + 1)..];
            var equals = parameter.IndexOf('=');
            if (equals <= 0)
            {
                if (parameter.IsEmpty)
                {
                    continue;
                }

                return false;
            }

            var value = parameter[(equals + 1)..].Trim().Trim('"');
            var key = parameter[..equals].TrimEnd();
            if (key.Equals("charset", StringComparison.OrdinalIgnoreCase))
            {
                charset = value.ToString().ToLowerInvariant();
            }
            else if (key.Equals("q", StringComparison.OrdinalIgnoreCase) && !TryReadQuality(value, out quality))
            {
                return false;
            }
        }

        type = new MediaType(name.ToString().ToLowerInvariant(), charset, quality);
        return true;
    }

    /// <summary>The request's Content-Type; null when there is none. Two of them, or one that cannot be read, are 415.</summary>
    public static MediaType? OfRequest(HttpRequest request)
    {
        var values = request.Headers.ContentType;
        if (values.Count == 0 || (values.Count == 1 && string.IsNullOrWhiteSpace(values[0])))
        {
            return null;
        }

        return values.Count == 1 && TryParse(values[0], out var type) && type.IsUtf8
            ? type
            : throw new RequestException(Problem.UnsupportedMediaType);
    }

    // RFC 9110: 0 or 1 with up to three digits behind the point.
    private static bool TryReadQuality(ReadOnlySpan<char> text, out double quality)
    {
        quality = 0;
        if (text.Length is 0 or > 5 || text[0] is not ('0' or '1') || (text.Length > 1 && text[1] != '.'))
        {
            return false;
        }

        var thousandths = (text[0] - '0') * 1000;
        for (int i = 2, weight = 100; i < text.Length; i++, weight /= 10)
        {
            if (!char.IsAsciiDigit(text[i]))
            {
                return false;
            }

            thousandths += (text[i] - '0') * weight;
        }

        quality = thousandths / 1000.0;
        return thousandths <= 1000;
    }
}
