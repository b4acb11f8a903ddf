using System.Text.Json;
using Microsoft.Extensions.Configuration;

namespace Serverless.LocalHost;

/// <summary>host.json and local.settings.json, read as <c>func start</c> reads them.</summary>
internal static class HostSettings
{
    private static readonly JsonDocumentOptions Lenient = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    /// <summary>
    /// The settings, later ones winning: those of a fresh clone, local.settings.json, the environment, the options.
    /// </summary>
    /// <exception cref="StartException">local.settings.json is not what it should be.</exception>
    public static IConfigurationRoot Load(LocalHostOptions options)
    {
        var builder = new ConfigurationBuilder();
        builder.AddInMemoryCollection(new Dictionary<string, string?>
        {
            [Functions.StorageSettings.HostStorage] = Functions.StorageSettings.DevelopmentStorage,
        });
        builder.AddInMemoryCollection(LocalValues(Path.Combine(options.Root, "local.settings.json")));
        builder.AddEnvironmentVariables();
        builder.AddInMemoryCollection(options.Settings);
        if (options.Storage is not null)
        {
            builder.AddInMemoryCollection(new Dictionary<string, string?> { [Functions.StorageSettings.LogStorage] = options.Storage });
        }

        return builder.Build();
    }

    /// <summary>What every route begins with, without slashes; <c>api</c> when host.json does not say, as Functions has it.</summary>
    /// <exception cref="StartException">host.json is not JSON.</exception>
    public static string RoutePrefix(string root)
    {
        using var document = Read(Path.Combine(root, "host.json"));
        return document is not null
            && TryGet(document.RootElement, "extensions", out var extensions)
            && TryGet(extensions, "http", out var http)
            && TryGet(http, "routePrefix", out var prefix) && prefix.ValueKind == JsonValueKind.String
            ? prefix.GetString()!.Trim('/')
            : "api";
    }

    private static Dictionary<string, string?> LocalValues(string file)
    {
        var values = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        using var document = Read(file);
        if (document is null)
        {
            return values;
        }

        if (TryGet(document.RootElement, "IsEncrypted", out var encrypted) && encrypted.ValueKind == JsonValueKind.True)
        {
            throw new StartException($"{file} is encrypted: run `func settings decrypt` first.");
        }

        if (TryGet(document.RootElement, "Values", out var section) && section.ValueKind == JsonValueKind.Object)
        {
            foreach (var value in section.EnumerateObject())
            {
                // func makes these environment variables, where two underscores stand for the colon of a section.
                values[value.Name.Replace("__", ":", StringComparison.Ordinal)] = value.Value.ToString();
            }
        }

        return values;
    }

    private static JsonDocument? Read(string file)
    {
        try
        {
            return File.Exists(file) ? JsonDocument.Parse(File.ReadAllBytes(file), Lenient) : null;
        }
        catch (JsonException e)
        {
            throw new StartException($"{file} is not JSON: {e.Message}", e);
        }
    }

    private static bool TryGet(JsonElement element, string name, out JsonElement value)
    {
        if (element.ValueKind == JsonValueKind.Object)
        {
            foreach (var property in element.EnumerateObject())
            {
                if (property.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
                {
                    value = property.Value;
                    return true;
                }
            }
        }

        value = default;
        return false;
    }
}
