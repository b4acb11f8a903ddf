using System.Buffers;
using Microsoft.AspNetCore.Http;

namespace Serverless.Functions.Http;

/// <summary>Where the client reaches us: scheme, host and path prefix, from the proxies' headers or the request's own.</summary>
/// <remarks>
/// Headers that are no host, scheme or path are passed over, so that a reply never carries a URL that someone broke out of.
/// The prefix is what stands before the first segment that begins our routes; a route prefix of the function host is such a one.
/// </remarks>
internal static class BaseUrl
{
    private static readonly SearchValues<char> HostChars =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_:[]");

    private static readonly SearchValues<char> PathChars =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/.-_~%");

    private static readonly string[] FirstSegments = ["consumers", "topics", "brokers", "producers", "transactions", "v3", "openapi.json"];

    /// <summary>The base of all our URLs, without a slash at its end: <c>https://host/prefix</c>.</summary>
    public static string Of(HttpRequest request)
    {
        var (host, scheme) = Forwarded(request);
        host ??= Host(First(request, "X-Forwarded-Host"));
        scheme ??= Scheme(First(request, "X-Forwarded-Proto"));

        return $"{scheme ?? request.Scheme}://{host ?? Host(request.Host.Value) ?? "localhost"}{Prefix(request)}";
    }

    private static (string? Host, string? Scheme) Forwarded(HttpRequest request)
    {
        string? host = null, scheme = null;
        foreach (var pair in (First(request, "Forwarded") ?? "").Split(';'))
        {
            var equals = pair.IndexOf('=');
            if (equals < 0)
            {
                continue;
            }

            var value = pair[(equals + 1)..].Trim().Trim('"');
            switch (pair[..equals].Trim().ToLowerInvariant())
            {
                case "host":
                    host = Host(value);
                    break;
                case "proto":
                    scheme = Scheme(value);
                    break;
            }
        }

        return (host, scheme);
    }

    private static string Prefix(HttpRequest request)
    {
        var path = request.Path.Value ?? "";
        var (own, route) = Split(path);

        if (PathOrNull(First(request, "X-Forwarded-Prefix")) is { } prefix)
        {
            return prefix.TrimEnd('/');
        }

        // The path as the client sent it (then our route is its end), or the prefix alone: proxies do both.
        if (PathOrNull(First(request, "X-Forwarded-Path")) is { } forwarded)
        {
            forwarded = forwarded.TrimEnd('/');
            var shown = new PathString(route.TrimEnd('/')).ToUriComponent();
            return forwarded.EndsWith(shown, StringComparison.Ordinal) ? forwarded[..^shown.Length] : Split(forwarded).Prefix;
        }

        return new PathString(request.PathBase.Value + own).ToUriComponent().TrimEnd('/');
    }

    // At the first segment that begins a route.
    private static (string Prefix, string Route) Split(string path)
    {
        for (var start = 0; start >= 0 && start < path.Length; start = path.IndexOf('/', start + 1))
        {
            var end = path.IndexOf('/', start + 1);
            var segment = path[(start + 1)..(end < 0 ? path.Length : end)];
            if (FirstSegments.Contains(segment, StringComparer.OrdinalIgnoreCase))
            {
                return (path[..start], path[start..]);
            }
        }

        return (path, "");
    }

    // The first of a list is what the client's own proxy said.
    private static string? First(HttpRequest request, string header) =>
        request.Headers.TryGetValue(header, out var values) && values.Count > 0 ? values[0]?.Split(',')[0].Trim() : null;

    private static string? Host(string? text) =>
        text is { Length: > 0 and <= 255 } && !text.AsSpan().ContainsAnyExcept(HostChars)
        && Uri.TryCreate($"https://{text}", UriKind.Absolute, out _) ? text : null;

    private static string? Scheme(string? text) => text?.ToLowerInvariant() is "http" or "https" ? text.ToLowerInvariant() : null;

    private static string? PathOrNull(string? text) =>
        text is { Length: > 0 and <= 1024 } && text[0] == '/' && !text.StartsWith("//", StringComparison.Ordinal)
        && !text.AsSpan().ContainsAnyExcept(PathChars) ? text : null;
}
