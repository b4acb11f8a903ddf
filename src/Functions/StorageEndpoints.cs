using System.Data.Common;
using System.Net;

namespace Serverless.Functions;

/// <summary>The addresses behind an account's settings: whom they lead to decides what is development.</summary>
internal static class StorageEndpoints
{
    public static IReadOnlyList<string> Services { get; } = ["blob", "table", "queue", "file", "dfs"];

    /// <summary>Those of blobs and tables first. None where the emulator is meant by its name.</summary>
    /// <exception cref="SettingException">It is no connection string.</exception>
    public static IEnumerable<string?> Of(StorageSettings storage)
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

    /// <summary>Whether the log is in an emulator on this machine.</summary>
    public static bool IsEmulator(StorageSettings storage) =>
        storage.IsDevelopmentStorage || (Of(storage).Take(2).ToList() is { Count: > 0 } log && log.All(IsLoopback));

    public static string? HostOf(string? url) => Uri.TryCreate(url, UriKind.Absolute, out var uri) ? uri.Host : null;

    public static bool IsLoopback(string? url) => HostOf(url) is { } host
        && (host == "localhost" || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address)));

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
}
