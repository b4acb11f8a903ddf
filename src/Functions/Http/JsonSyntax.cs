using System.Buffers.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace Serverless.Functions.Http;

/// <summary>What we take for JSON: RFC 8259 without a byte order mark, no comments, no trailing commas, well-formed text.</summary>
/// <remarks>
/// The platform's reader lets two things pass until a string is decoded: bytes that are not UTF-8, and escapes that are half of a
/// surrogate pair. Stored JSON is handed out without being decoded, so both are looked for here.
/// </remarks>
internal static class JsonSyntax
{
    /// <summary>Arrays and objects may nest this deep.</summary>
    public const int DepthMax = 128;

    private static readonly JsonReaderOptions One = new() { MaxDepth = DepthMax };
    private static readonly JsonReaderOptions Several = new() { MaxDepth = DepthMax, AllowMultipleValues = true };

    public static JsonReaderOptions Options(bool severalValues) => severalValues ? Several : One;

    /// <summary>What is wrong with the text, for people; null when it is one JSON value (or several, where allowed).</summary>
    public static string? Complaint(ReadOnlySpan<byte> text, bool severalValues = false)
    {
        if (!Utf8.IsValid(text))
        {
            return "The body is not valid UTF-8.";
        }

        if (text.StartsWith("\uFEFF"u8))
        {
            return "The body begins with a byte order mark.";
        }

        try
        {
            var reader = new Utf8JsonReader(text, Options(severalValues));
            var any = false;
            while (reader.Read())
            {
                any = true;
                if (reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName
                    && reader.ValueIsEscaped && HasLoneSurrogate(reader.ValueSpan))
                {
                    return "A string holds half of a surrogate pair.";
                }
            }

            return any ? null : "The body is empty.";
        }
        catch (JsonException broken)
        {
            return $"The body is not valid JSON: line {broken.LineNumber + 1}, byte {broken.BytePositionInLine + 1}.";
        }
    }

    /// <summary>Whether stored bytes are one JSON value, so that they can be shown as they are.</summary>
    public static bool IsValue(ReadOnlySpan<byte> stored) => Complaint(stored) is null;

    /// <summary>Drops white space between tokens, in place; every other byte stays as it was sent. Returns the new length.</summary>
    /// <param name="value">Valid JSON.</param>
    public static int Compact(Span<byte> value)
    {
        var (length, inString) = (0, false);
        for (var i = 0; i < value.Length; i++)
        {
            var b = value[i];
            if (inString && b == '\\')
            {
                value[length++] = b;
                b = value[++i];
            }
            else if (b == '"')
            {
                inString = !inString;
            }
            else if (!inString && b is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n')
            {
                continue;
            }

            value[length++] = b;
        }

        return length;
    }

    // The text is valid JSON, so every escape is whole: \uXXXX or \ and one character.
    private static bool HasLoneSurrogate(ReadOnlySpan<byte> text)
    {
        for (var i = text.IndexOf((byte)'\\'); i >= 0 && i < text.Length; i = Next(text, i))
        {
            if (text[i + 1] != 'u')
            {
                i += 2;
                continue;
            }

            var unit = Unit(text, i);
            i += 6;
            if (!char.IsSurrogate(unit))
            {
                continue;
            }

            var paired = char.IsHighSurrogate(unit) && i + 6 <= text.Length && text[i] == '\\' && text[i + 1] == 'u'
                && char.IsLowSurrogate(Unit(text, i));
            if (!paired)
            {
                return true;
            }

            i += 6;
        }

        return false;
    }

    private static int Next(ReadOnlySpan<byte> text, int from)
    {
        if (from >= text.Length)
        {
            return -1;
        }

        var found = text[from..].IndexOf((byte)'\\');
        return found < 0 ? -1 : from + found;
    }

    private static char Unit(ReadOnlySpan<byte> text, int escape)
    {
        var read = Utf8Parser.TryParse(text.Slice(escape + 2, 4), out ushort unit, out _, 'x');
        Core.Invariant.Holds(read);
        return (char)unit;
    }
}
