using System.Data.Common;
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

    private static readonly string[] Services = ["blob", "table", "queue", "file", "dfs"];

    public const string Setting = "Delivery:AllowPrivateTargets";

    /// <summary>Development is where the storage is an emulator on this machine, unless <c>Delivery__AllowPrivateTargets</c> says otherwise.</summary>
    /// <exception cref="SettingException">The setting is neither true nor false.</exception>
    public static WebhookSafety From(IConfiguration configuration, StorageSettings storage, SelfAddress self)
    {
        var endpoints = Endpoints(storage).ToList();
        var host = StorageSettings.Find(configuration, StorageSettings.HostStorage);

        // The first two are those that the log is in.
        var isEmulator = storage.IsDevelopmentStorage || (endpoints.Count > 0 && endpoints.Take(2).All(IsLoopback));
        var allow = configuration[Setting] switch
        {
            null or "" => isEmulator,
            var text when bool.TryParse(text, out var value) => value,
            _ => throw new SettingException("Delivery__AllowPrivateTargets must be true or false."),
        };
        var identity = IdentitySettings.Select(name => configuration[name]);
        return new(allow, [
            .. endpoints.Concat(host is null ? [] : Endpoints(host)).Concat(identity).Append(self.Url?.AbsoluteUri).Select(HostOf).OfType<string>()
                .Select(host => host.TrimEnd('.').ToLowerInvariant()).Where(host => host.Length > 0).SelectMany(WithSiblings).Distinct(),
        ]);
    }

    /// <summary>Whether a connection may be made to the address.</summary>
    public bool Allows(IPAddress address) => PublicAddress.Is(address) || (AllowPrivate && PublicAddress.IsNear(address));

    private static IEnumerable<string?> Endpoints(StorageSettings storage)
    {
        if (storage.ConnectionString is not { } text)
        {
            yield return storage.BlobServiceUri?.AbsoluteUri;
            yield return storage.TableServiceUri?.AbsoluteUri;
            yield break;
        }

        if (storage.IsDevelopmentStorage)
        {
            yield break;
        }

        var parts = Parts(storage.Name, text);
        foreach (var service in Services)
        {
            yield return parts.TryGetValue($"{service}endpoint", out var endpoint) ? (string)endpoint
                : parts.TryGetValue("accountname", out var account)
                    ? $"https://{account}.{service}.{(parts.TryGetValue("endpointsuffix", out var suffix) ? suffix : "core.windows.net")}"
                : null;
        }
    }

    private static DbConnectionStringBuilder Parts(string setting, string text)
    {
        try
        {
            return new DbConnectionStringBuilder { ConnectionString = text };
        }
        catch (ArgumentException e)
        {
            throw new SettingException($"{setting} is no connection string of a storage account.", e);
        }
    }

    // An account's other services, and the site beside an app that deploys it, are reached by the same name with another second part.
    private static IEnumerable<string> WithSiblings(string host)
    {
        if (IPAddress.TryParse(host, out _) || host.Split('.', 3) is not [var name, var second, var rest])
        {
            return [host];
        }

        return Services.Contains(second) ? Services.SelectMany(service => new[] { $"{name}.{service}.{rest}", $"{name}-secondary.{service}.{rest}" }) : [host, $"{name}.scm.{second}.{rest}"];
    }

    private static string? HostOf(string? url) => Uri.TryCreate(url, UriKind.Absolute, out var uri) ? uri.Host : null;

    private static bool IsLoopback(string? url) =>
        HostOf(url) is { } host && (host == "localhost" || (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address)));
}
