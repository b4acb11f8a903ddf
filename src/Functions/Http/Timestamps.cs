using System.Globalization;

namespace Serverless.Functions.Http;

/// <summary>Points in time as clients write them: ISO 8601 with an offset; replies give milliseconds in UTC.</summary>
internal static class Timestamps
{
    /// <summary>9999-12-31T23:59:59.999Z: what can be written with a year of four digits.</summary>
    public const long MillisecondsMax = 253_402_300_799_999;

    // Java's clients write up to nine digits of a second; .NET reads seven.
    private const int FractionDigitsMax = 9;

    private static readonly string[] Formats = ["yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK"];

    /// <summary>Milliseconds since 1970; false when the text is no such time or lies before it.</summary>
    public static bool TryParse(string text, out long milliseconds)
    {
        milliseconds = 0;
        var zone = text.EndsWith('Z') ? text.Length - 1 : text.LastIndexOfAny(['+', '-']);
        var point = text.IndexOf('.');
        var hasZone = zone > "yyyy-MM-dd".Length;
        if (!hasZone || (point >= 0 && (zone - point - 1 is < 1 or > FractionDigitsMax)))
        {
            return false;
        }

        var seven = point >= 0 && zone - point - 1 > 7 ? text[..(point + 8)] + text[zone..] : text;
        if (!DateTimeOffset.TryParseExact(seven, Formats, CultureInfo.InvariantCulture, DateTimeStyles.None, out var time))
        {
            return false;
        }

        milliseconds = time.ToUnixTimeMilliseconds();
        return milliseconds >= 0;
    }

    public static string Format(long milliseconds) =>
        DateTimeOffset.FromUnixTimeMilliseconds(Math.Clamp(milliseconds, 0, MillisecondsMax))
            .ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    public static string Format(DateTimeOffset time) => Format(time.ToUnixTimeMilliseconds());
}
