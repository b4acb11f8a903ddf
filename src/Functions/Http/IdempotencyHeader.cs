using Microsoft.AspNetCore.Http;

namespace Serverless.Functions.Http;

/// <summary>The <c>Idempotency-Key</c> header (section 5.1 of the HTTP contract; draft-ietf-httpapi-idempotency-key-header).</summary>
/// <remarks>
/// A structured-field string, or a bare token. <c>"a"</c> and <c>a</c> are the same key. Parameters are refused: none is defined, and a
/// key must not be half read.
/// </remarks>
internal static class IdempotencyHeader
{
    public const string Name = "Idempotency-Key";

    /// <summary>Tells until when the key is kept.</summary>
    public const string Expires = "Idempotency-Expires";

    /// <summary>Tells that the reply is an earlier one.</summary>
    public const string Replayed = "Idempotency-Replayed";

    private const int CharsMax = 255;

    /// <summary>The key, unquoted; null where none was sent. Else 400/40051.</summary>
    public static string? KeyOf(HttpRequest request)
    {
        if (!request.Headers.TryGetValue(Name, out var values) || values.Count == 0)
        {
            return null;
        }

        if (values.Count > 1)
        {
            throw Malformed("must be sent once");
        }

        var text = (values[0] ?? "").Trim(' ', '\t');
        var key = text.StartsWith('"') ? Unquoted(text) : Token(text);
        return key.Length is > 0 and <= CharsMax ? key : throw Malformed($"must have 1 to {CharsMax} characters");
    }

    private static string Unquoted(string text)
    {
        var key = new System.Text.StringBuilder(text.Length);
        for (var i = 1; i < text.Length; i++)
        {
            var c = text[i];
            if (c == '"')
            {
                return i == text.Length - 1 ? key.ToString() : throw Malformed("must be one quoted string and nothing else");
            }

            if (c == '\\' && (++i == text.Length || (c = text[i]) is not ('"' or '\\')))
            {
                throw Malformed("has a backslash that escapes neither a quote nor a backslash");
            }

            key.Append(c is >= ' ' and <= '~' ? c : throw NotPrintable());
        }

        throw Malformed("has no closing quote");
    }

    // Commas part the values of a header that was sent more than once and joined on the way.
    private static string Token(string text)
    {
        foreach (var c in text)
        {
            if (c is < ' ' or > '~')
            {
                throw NotPrintable();
            }

            if (c is ' ' or '"' or ',' or ';' or '\\')
            {
                throw Malformed("must be quoted where it has blanks, quotes, commas, semicolons or backslashes");
            }
        }

        return text;
    }

    private static RequestException NotPrintable() => Malformed("must be of printable ASCII characters");

    private static RequestException Malformed(string what) => new(Problem.MalformedKey($"{Name} {what}."));
}
