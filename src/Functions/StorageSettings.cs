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

    /// <summary>Whether the emulator is meant, on its usual ports.</summary>
    public bool IsDevelopmentStorage =>
        string.Equals(ConnectionString?.Trim().TrimEnd(';'), DevelopmentStorage, StringComparison.OrdinalIgnoreCase);

    /// <summary>Reads the settings.</summary>
    /// <exception cref="InvalidOperationException">No account is named, or only one of its two endpoints.</exception>
    public static StorageSettings From(IConfiguration configuration) =>
        Find(configuration, LogStorage) ?? Find(configuration, HostStorage) ?? throw new InvalidOperationException(
            $"No storage account is configured: set {LogStorage} or {HostStorage} (see local.settings.sample.json).");

    private static StorageSettings? Find(IConfiguration configuration, string name)
    {
        if (configuration[name] is { Length: > 0 } connection)
        {
            return new StorageSettings(connection, null, null);
        }

        var (blobs, tables) = (configuration[$"{name}:blobServiceUri"], configuration[$"{name}:tableServiceUri"]);
        if (string.IsNullOrEmpty(blobs) && string.IsNullOrEmpty(tables))
        {
            return null;
        }

        return Uri.TryCreate(blobs, UriKind.Absolute, out var blobUri)
            && Uri.TryCreate(tables, UriKind.Absolute, out var tableUri)
            ? new StorageSettings(null, blobUri, tableUri)
            : throw new InvalidOperationException(
                $"{name}__blobServiceUri and {name}__tableServiceUri must both be absolute addresses.");
    }
}
