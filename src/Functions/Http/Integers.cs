using System.Globalization;
using System.Text;

namespace Serverless.Functions.Http;

/// <summary>Integers as clients may write them: <c>-?(0|[1-9][0-9]*)</c>, ASCII, and nothing around them.</summary>
internal static class Integers
{
    private const int DigitsMax = 20;

    public static bool TryParse(ReadOnlySpan<byte> text, out long value)
    {
        Span<char> chars = stackalloc char[DigitsMax];
        value = 0;
        return text.Length <= DigitsMax && Ascii.IsValid(text) && TryParse(chars[..Encoding.ASCII.GetChars(text, chars)], out value);
    }

    public static bool TryParse(ReadOnlySpan<char> text, out long value)
    {
        var digits = text.StartsWith('-') ? text[1..] : text;
        var written = !digits.IsEmpty && !digits.ContainsAnyExceptInRange('0', '9') && (digits[0] != '0' || digits.Length == 1);
        value = 0;
        return written && long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value);
    }
}
