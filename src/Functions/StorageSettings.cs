using Microsoft.Extensions.Configuration;

namespace Serverless.Functions;

/// <summary>Which storage account holds the log: a connection string, or two endpoints for use with an identity.</summary>
/// <remarks>
/// Setting <c>LogStorage</c> (connection string), or <c>LogStorage__blobServiceUri</c> and <c>LogStorage__tableServiceUri</c>, or
/// <c>LogStorage__accountName</c> for both; when there is none, <c>AzureWebJobsStorage</c> in one of these forms. The names are those
/// that Functions uses for its own connections, so that infrastructure sets both alike; so are those of the identity:
/// <c>…__credential</c> and <c>…__clientId</c>.
/// </remarks>
public sealed record StorageSettings(string? ConnectionString, Uri? BlobServiceUri, Uri? TableServiceUri)
{
    public const string LogStorage = "LogStorage";
    public const string HostStorage = "AzureWebJobsStorage";

    /// <summary>The emulator's usual endpoints, as every Azure tool spells them.</summary>
    public const string DevelopmentStorage = "UseDevelopmentStorage=true";

    /// <summary>The setting that names the account.</summary>
    public string Name { get; init; } = LogStorage;

    /// <summary>Who asks, where two endpoints are named; null with a connection string, which has a key.</summary>
    public StorageIdentity? Identity { get; init; }

    /// <summary>Whether the emulator is meant, on its usual ports.</summary>
    public bool IsDevelopmentStorage =>
        string.Equals(ConnectionString?.Trim().TrimEnd(';'), DevelopmentStorage, StringComparison.OrdinalIgnoreCase);

    /// <summary>Reads the settings.</summary>
    /// <exception cref="SettingException">No account is named, or not in a form that can work.</exception>
    public static StorageSettings From(IConfiguration configuration) =>
        Find(configuration, LogStorage) ?? Find(configuration, HostStorage) ?? throw new SettingException(
            $"No storage account is configured: set {LogStorage} or {HostStorage} (see local.settings.sample.json).");

    /// <summary>The account that a setting names, in any form; null where there is no such setting.</summary>
    /// <exception cref="SettingException">The forms are mixed, or what is there cannot work.</exception>
    internal static StorageSettings? Find(IConfiguration configuration, string name)
    {
        if (configuration[name] is { Length: > 0 } connection)
        {
            return new StorageSettings(connection, null, null) { Name = name };
        }

        var (account, blobs, tables) =
            (configuration[$"{name}:accountName"], configuration[$"{name}:blobServiceUri"], configuration[$"{name}:tableServiceUri"]);
        var named = !string.IsNullOrEmpty(account);
        var addressed = !string.IsNullOrEmpty(blobs) || !string.IsNullOrEmpty(tables);
        if (named == addressed)
        {
            return !named ? null : throw new SettingException(
                $"{name}__accountName stands for both endpoints: set it, or {name}__blobServiceUri and {name}__tableServiceUri.");
        }

        return (named ? Of(account!, name) : (Https(blobs), Https(tables))) is ({ } blobUri, { } tableUri)
            ? new StorageSettings(null, blobUri, tableUri) { Name = name, Identity = StorageIdentity.From(configuration, name) }
            : throw new SettingException($"{name}__blobServiceUri and {name}__tableServiceUri must both be https addresses.");
    }

    // Azure: the name of an account is 3 to 24 lower-case letters and digits. Elsewhere than in the public cloud the endpoints are named.
    private static (Uri? Blobs, Uri? Tables) Of(string account, string name) =>
        account.Length is >= 3 and <= 24 && account.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c))
            ? (new Uri($"https://{account}.blob.core.windows.net"), new Uri($"https://{account}.table.core.windows.net"))
            : throw new SettingException($"{name}__accountName must be the name of a storage account.");

    // An identity's token is sent over nothing else.
    private static Uri? Https(string? address) =>
        Uri.TryCreate(address, UriKind.Absolute, out var uri) && uri.Scheme == Uri.UriSchemeHttps ? uri : null;
}
