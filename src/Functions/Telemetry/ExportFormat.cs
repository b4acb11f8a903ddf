using System.Buffers;

namespace Serverless.Functions.Telemetry;

/// <summary>What exporters take. They look at it themselves, but with exceptions that name no setting, in the middle of the start.</summary>
internal static class ExportFormat
{
    // RFC 9110: what the name of a header is made of.
    private static readonly SearchValues<char> Token =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    private static readonly string[] Endpoints = ["IngestionEndpoint", "LiveEndpoint", "ProfilerEndpoint", "SnapshotEndpoint"];

    /// <summary>Whether it is <c>name=value</c> once or more, each name once, with a key, and with addresses where there must be some.</summary>
    public static bool IsConnectionString(string text)
    {
        var parts = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var part in Parts(text, ';'))
        {
            if (part.Split('=', 2) is not [var name, var value] || string.IsNullOrWhiteSpace(name) || string.IsNullOrWhiteSpace(value)
                || !parts.TryAdd(name.Trim(), value.Trim()))
            {
                return false;
            }
        }

        return parts.ContainsKey("InstrumentationKey") && Endpoints.All(name => !parts.TryGetValue(name, out var address) || IsAddress(address));
    }

    /// <summary>Whether it is <c>name=value</c> once or more, parted by commas; names and values may be percent-encoded.</summary>
    public static bool IsHeaders(string text) => Parts(Uri.UnescapeDataString(text), ',').All(IsHeader);

    private static bool IsHeader(string pair)
    {
        var at = pair.IndexOf('=', StringComparison.Ordinal);
        return at > 0 && pair.AsSpan(0, at).Trim() is { Length: > 0 } name && !name.ContainsAnyExcept(Token)
            && !pair.AsSpan(at).ContainsAnyInRange('\0', '\u001f');
    }

    // The last part may have a separator too.
    private static string[] Parts(string text, char separator) => (text.EndsWith(separator) ? text[..^1] : text).Split(separator);

    private static bool IsAddress(string text) => Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https";
}
