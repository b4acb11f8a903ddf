using Microsoft.Extensions.Configuration;

namespace Serverless.Functions.Delivery;

/// <summary>Where this app can be called, so that the platform runs a worker on whichever instance it likes.</summary>
/// <remarks>
/// Setting <c>Delivery__BaseUrl</c>, with the route prefix if there is one; else <c>WEBSITE_HOSTNAME</c>, which the platform sets, and so
/// do the Core Tools (<c>localhost:7071</c>). Where neither is there, and the host tells nothing, workers run in this process.
/// </remarks>
public sealed class SelfAddress
{
    public const string Setting = "Delivery:BaseUrl";

    private const string HostName = "WEBSITE_HOSTNAME";

    /// <summary>Null where it is not known.</summary>
    public Uri? Url { get; private set; }

    /// <exception cref="SettingException">The setting is no address.</exception>
    public static SelfAddress From(IConfiguration configuration)
    {
        if (configuration[Setting] is { Length: > 0 } given)
        {
            return Uri.TryCreate(given.TrimEnd('/') + "/", UriKind.Absolute, out var url) && url.Scheme is "http" or "https"
                ? new SelfAddress { Url = url }
                : throw new SettingException("Delivery__BaseUrl must be an http or https address.");
        }

        return configuration[HostName] is { Length: > 0 } host
            ? new SelfAddress { Url = new Uri($"{(IsLocal(host) ? "http" : "https")}://{host}/") }
            : new SelfAddress();
    }

    /// <summary>What the host that listens says of itself; settings count more.</summary>
    public void Tell(Uri url) => Url ??= url;

    private static bool IsLocal(string host) =>
        host.StartsWith("localhost", StringComparison.OrdinalIgnoreCase) || host.StartsWith("127.0.0.1", StringComparison.Ordinal);
}
