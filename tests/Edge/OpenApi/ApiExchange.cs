using Microsoft.AspNetCore.WebUtilities;

namespace Serverless.Edge.OpenApi;

/// <summary>A request and the reply to it, whichever way they were sent.</summary>
/// <param name="Target">Path and query, as they were sent.</param>
/// <param name="Sent">The request's body; null where a test cannot say.</param>
internal sealed record ApiExchange(string Method, string Target, ILookup<string, string> SentHeaders, byte[]? Sent)
{
    private int QueryStart => Target.IndexOf('?', StringComparison.Ordinal) is var at and >= 0 ? at : Target.Length;

    /// <summary>As a server has it: an escaped slash stays one.</summary>
    public string Path => string.Join('/', Target[..QueryStart].Split('/')
        .Select(segment => Uri.UnescapeDataString(segment).Replace("/", "%2F", StringComparison.Ordinal))).TrimEnd('/') is { Length: > 0 } path ? path : "/";

    /// <summary>Without the platform's own, which is nothing to the service.</summary>
    public IReadOnlyDictionary<string, string> Query => QueryHelpers.ParseQuery(Target[QueryStart..])
        .Where(pair => !pair.Key.Equals("code", StringComparison.OrdinalIgnoreCase)).ToDictionary(pair => pair.Key, pair => pair.Value.ToString());

    public required int Status { get; init; }

    public required string? ContentType { get; init; }

    public required byte[] Got { get; init; }

    /// <summary>Names of the reply's headers.</summary>
    public required IReadOnlyCollection<string> GotHeaders { get; init; }

    public bool IsHead => Method == "HEAD";
}
