using System.Net;
using Microsoft.Extensions.Configuration;

namespace Serverless.Functions.Delivery.Webhooks;

/// <summary>What webhooks may be sent to.</summary>
/// <param name="AllowPrivate">Development: plain http, any port, and addresses of this machine and its network.</param>
/// <param name="ForbiddenHosts">But in development never: this app, its storage, and where it gets its identity from.</param>
internal sealed record WebhookSafety(bool AllowPrivate, IReadOnlyCollection<string> ForbiddenHosts)
{
    // Where the platform gives an app its identity.
    private static readonly string[] IdentitySettings = ["IDENTITY_ENDPOINT", "MSI_ENDPOINT"];

    public const string Setting = "Delivery:AllowPrivateTargets";

    /// <summary>Development is where the storage is an emulator on this machine, unless <c>Delivery__AllowPrivateTargets</c> says otherwise.</summary>
    /// <exception cref="SettingException">The setting is neither true nor false.</exception>
    public static WebhookSafety From(IConfiguration configuration, StorageSettings storage, SelfAddress self)
    {
        var endpoints = StorageEndpoints.Of(storage).ToList();
        var host = StorageSettings.Find(configuration, StorageSettings.HostStorage);
        var allow = configuration[Setting] switch
        {
            null or "" => StorageEndpoints.IsEmulator(storage),
            var text when bool.TryParse(text, out var value) => value,
            _ => throw new SettingException("Delivery__AllowPrivateTargets must be true or false."),
        };
        var identity = IdentitySettings.Select(name => configuration[name]);
        return new(allow, [
            .. endpoints.Concat(host is null ? [] : StorageEndpoints.Of(host)).Concat(identity).Append(self.Url?.AbsoluteUri).Select(StorageEndpoints.HostOf).OfType<string>()
                .Select(host => host.TrimEnd('.').ToLowerInvariant()).Where(host => host.Length > 0).SelectMany(WithSiblings).Distinct(),
        ]);
    }

    /// <summary>Whether a connection may be made to the address.</summary>
    public bool Allows(IPAddress address) => PublicAddress.Is(address) || (AllowPrivate && PublicAddress.IsNear(address));

    // An account's other services, and the site beside an app that deploys it, are reached by the same name with another second part.
    private static IEnumerable<string> WithSiblings(string host)
    {
        if (IPAddress.TryParse(host, out _) || host.Split('.', 3) is not [var name, var second, var rest])
        {
            return [host];
        }

        return StorageEndpoints.Services.Contains(second)
            ? StorageEndpoints.Services.SelectMany(service => new[] { $"{name}.{service}.{rest}", $"{name}-secondary.{service}.{rest}" })
            : [host, $"{name}.scm.{second}.{rest}"];
    }
}
