using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Serverless.Functions.Delivery.Webhooks;

/// <summary>What an address of a webhook must be, as far as its text tells. Where its name leads is looked at when it is called.</summary>
internal static class WebhookUrl
{
    private const int CharsMax = 2048;

    private static readonly string[] LocalNames = ["localhost", "local", "internal", "localdomain", "home.arpa", "lan"];

    /// <summary>What is wrong, for people; null where nothing is.</summary>
    /// <param name="text">As it was sent: an address that is parsed may look better than it did.</param>
    public static string? Complaint(string text, WebhookSafety safety)
    {
        if (text.Length > CharsMax || text.Any(c => c is <= ' ' or '\\' or > '~') || !Uri.TryCreate(text, UriKind.Absolute, out var url)
            || url.AbsoluteUri.Length > CharsMax)
        {
            return $"target.url must be an absolute URL of at most {CharsMax} ASCII characters; other names are written in Punycode.";
        }

        // As it was sent: what is parsed shows neither an empty user nor an IPv6 zone. A URL that has no host has not even this part.
        var authority = text.Split('/', '?', '#').ElementAtOrDefault(2) ?? "";

        // A point behind a number hides from the parser of URLs that it is an address; resolvers see it.
        var name = url.Host.TrimEnd('.').ToLowerInvariant();
        var address = IPAddress.TryParse(name, out var literal) ? literal : null;
        var host = address is { AddressFamily: AddressFamily.InterNetwork } ? address.ToString() : name;
        return url switch
        {
            _ when url.Scheme != Uri.UriSchemeHttps && !(safety.AllowPrivate && url.Scheme == Uri.UriSchemeHttp) =>
                "target.url must be an https URL.",
            _ when authority.Contains('@', StringComparison.Ordinal) => "target.url must not have a user or a password.",
            { Fragment.Length: > 0 } => "target.url must not have a fragment.",
            _ when host.Length == 0 || authority.Contains('%', StringComparison.Ordinal) =>
                "target.url must name a host, without percent-encoding.",
            _ when HasControl(text) => "target.url must not have control characters, nor a percent sign that encodes nothing.",
            _ when !safety.AllowPrivate && url.Port is not (443 or 8443) => "target.url must have port 443 or 8443.",
            _ when !safety.AllowPrivate && safety.ForbiddenHosts.Contains(host) =>
                "target.url must not be this service, nor its storage or its identity.",
            _ when address is not null && !safety.Allows(address) => "target.url must be a public address.",
            _ when safety.AllowPrivate => null,
            _ when address is not null => null,
            _ when !host.Contains('.', StringComparison.Ordinal)
                || LocalNames.Any(name => host.EndsWith($".{name}", StringComparison.Ordinal)) =>
                "target.url must be a public name.",
            _ => null,
        };
    }

    // A receiver that decodes them puts them where they end a line, or a text.
    private static bool HasControl(string text)
    {
        for (var at = text.IndexOf('%', StringComparison.Ordinal); at >= 0; at = text.IndexOf('%', at + 1))
        {
            if (at + 2 >= text.Length || !byte.TryParse(text.AsSpan(at + 1, 2), NumberStyles.AllowHexSpecifier, null, out var code)
                || code is < 0x20 or 0x7f)
            {
                return true;
            }
        }

        return false;
    }
}
