using System.Text;
using System.Text.Json;

namespace Serverless.Functions.Http.Produce;

/// <summary>How a request writes a key or a value.</summary>
internal enum EmbeddedType
{
    Binary,
    Json,
    String,
}

/// <summary>Keys and values: from their place in the request's body to the bytes that are stored (section 1.6 of the contract).</summary>
/// <remarks>
/// Works over the body itself: neither compact JSON nor decoded base64 is ever longer than what was sent, so that a record needs
/// no buffer of its own.
/// </remarks>
internal static class EmbeddedData
{
    /// <summary>The bytes to be stored; null for JSON's null. 400/400 when the value is not of the type.</summary>
    /// <param name="value">One JSON value, which is written over.</param>
    /// <param name="what">For the message: <c>key</c>, <c>value</c>.</param>
    public static ReadOnlyMemory<byte>? Decode(Memory<byte> value, EmbeddedType type, string what)
    {
        if (value.Span.SequenceEqual("null"u8))
        {
            return null;
        }

        return type switch
        {
            EmbeddedType.Json => value[..JsonSyntax.Compact(value.Span)],
            EmbeddedType.String => Unescaped(value, what),
            _ => Base64(Unescaped(value, what), what),
        };
    }

    private static Memory<byte> Base64(Memory<byte> text, string what) =>
        Base64Text.TryDecodeInPlace(text.Span, out var length)
            ? text[..length]
            : throw new RequestException(Problem.Malformed($"{what} is not valid base64."));

    // The text between the quotes.
    private static Memory<byte> Unescaped(Memory<byte> value, string what)
    {
        if (value.Span[0] != '"')
        {
            throw StrictJson.Wrong(what, "a string");
        }

        var inner = value[1..^1];
        if (!inner.Span.Contains((byte)'\\'))
        {
            return inner;
        }

        var reader = new Utf8JsonReader(value.Span);
        reader.Read();
        return Encoding.UTF8.GetBytes(reader.GetString()!);
    }
}
