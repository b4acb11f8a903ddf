using Microsoft.Extensions.Configuration;

namespace Serverless.Functions;

/// <summary>Which storage account holds the log: a connection string, or two endpoints for use with an identity.</summary>
/// <remarks>
/// Setting <c>LogStorage</c> (connection string), or <c>LogStorage__blobServiceUri</c> and
/// <c>LogStorage__tableServiceUri</c>; when there is none, <c>AzureWebJobsStorage</c> in either form. The names are those
/// that Functions uses for its own connections, so that infrastructure sets both alike.
/// </remarks>
public sealed record StorageSettings(string? ConnectionString, Uri? BlobServiceUri, Uri? TableServiceUri)
{
    public const string LogStorage = "LogStorage";
    public const string HostStorage = "AzureWebJobsStorage";

    /// <summary>The emulator's usual endpoints, as every Azure tool spells them.</summary>
    public const string DevelopmentStorage = "UseDevelopmentStorage=true";

    /// <summary>The setting that names the account.</summary>
    public string Name { get; init; } = LogStorage;

    /// <summary>Whether the emulator is meant, on its usual ports.</summary>
    public bool IsDevelopmentStorage =>
        string.Equals(ConnectionString?.Trim().TrimEnd(';'), DevelopmentStorage, StringComparison.OrdinalIgnoreCase);

    /// <summary>Reads the settings.</summary>
    /// <exception cref="SettingException">No account is named, or only one of its two endpoints.</exception>
    public static StorageSettings From(IConfiguration configuration) =>
        Find(configuration, LogStorage) ?? Find(configuration, HostStorage) ?? throw new SettingException(
            $"No storage account is configured: set {LogStorage} or {HostStorage} (see local.settings.sample.json).");

    /// <summary>The account that a setting names, in either form; null where there is no such setting.</summary>
    /// <exception cref="SettingException">Only one of two endpoints is there.</exception>
    internal static StorageSettings? Find(IConfiguration configuration, string name)
    {
        if (configuration[name] is { Length: > 0 } connection)
        {
            return new StorageSettings(connection, null, null) { Name = name };
        }

        var (blobs, tables) = (configuration[$"{name}:blobServiceUri"], configuration[$"{name}:tableServiceUri"]);
        if (string.IsNullOrEmpty(blobs) && string.IsNullOrEmpty(tables))
        {
            return null;
        }

        return Https(blobs) is { } blobUri && Https(tables) is { } tableUri
            ? new StorageSettings(null, blobUri, tableUri) { Name = name }
            : throw new SettingException($"{name}__blobServiceUri and {name}__tableServiceUri must both be https addresses.");
    }

    // An identity's token is sent over nothing else.
    private static Uri? Https(string? address) =>
        Uri.TryCreate(address, UriKind.Absolute, out var uri) && uri.Scheme == Uri.UriSchemeHttps ? uri : null;
}
