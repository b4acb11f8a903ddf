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
            return Parse(given.TrimEnd('/') + "/") is { } url
                ? new SelfAddress { Url = url }
                : throw new SettingException("Delivery__BaseUrl must be an http or https address, without user, query and fragment.");
        }

        if (configuration[HostName] is not { Length: > 0 } host)
        {
            return new SelfAddress();
        }

        // Names that only begin like this machine's are another's: localhost-shop.azurewebsites.net.
        return Parse($"https://{host}/") is { AbsolutePath: "/" } secure
            ? new SelfAddress { Url = secure.IsLoopback ? Parse($"http://{host}/") : secure }
            : throw new SettingException($"{HostName} must be a host, with a port or without.");
    }

    /// <summary>What the host that listens says of itself; settings count more.</summary>
    public void Tell(Uri url) => Url ??= url;

    private static Uri? Parse(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url)
        && url is { Scheme: "http" or "https", UserInfo: "", Query: "", Fragment: "", Host.Length: > 0 } ? url : null;
}
