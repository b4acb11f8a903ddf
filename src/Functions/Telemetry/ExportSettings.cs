using Microsoft.Extensions.Configuration;

namespace Serverless.Functions.Telemetry;

/// <summary>Where telemetry is to go, by the standard variables of OpenTelemetry and of Application Insights; nowhere unless one is set.</summary>
/// <param name="Otlp">The signals that go to an OTLP receiver.</param>
/// <param name="AzureMonitor">The connection string of Application Insights, or null.</param>
/// <param name="Identity">How that is written to: with a managed identity, or by the connection string alone.</param>
internal sealed record ExportSettings(IReadOnlySet<string> Otlp, string? AzureMonitor, MonitorIdentity? Identity)
{
    public const string Traces = "TRACES", Metrics = "METRICS", Logs = "LOGS";

    private const string ConnectionString = "APPLICATIONINSIGHTS_CONNECTION_STRING";
    private const string Authentication = "APPLICATIONINSIGHTS_AUTHENTICATION_STRING";

    public static IReadOnlyList<string> Signals { get; } = [Traces, Metrics, Logs];

    /// <summary>Whether a signal goes anywhere.</summary>
    public bool Takes(string signal) => AzureMonitor is not null || Otlp.Contains(signal);

    public bool IsOff => Otlp.Count == 0 && AzureMonitor is null;

    /// <exception cref="SettingException">A value cannot work.</exception>
    public static ExportSettings From(IConfiguration configuration)
    {
        if (bool.TryParse(configuration["OTEL_SDK_DISABLED"], out var disabled) && disabled)
        {
            return new(new HashSet<string>(), null, null);
        }

        var connection = configuration[ConnectionString] is { Length: > 0 } given ? given : null;
        if (connection?.Contains("InstrumentationKey=", StringComparison.OrdinalIgnoreCase) == false)
        {
            throw new SettingException($"{ConnectionString} is no connection string of Application Insights.");
        }

        return new(
            Signals.Where(signal => IsWanted(configuration, signal) && Endpoint(configuration, signal) is not null).ToHashSet(),
            connection, connection is null ? null : MonitorIdentity.Parse(configuration[Authentication], Authentication));
    }

    /// <summary>Where a signal goes; null where nothing says so.</summary>
    /// <exception cref="SettingException">It is no address.</exception>
    private static Uri? Endpoint(IConfiguration configuration, string signal)
    {
        var own = $"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT";
        var name = configuration[own] is { Length: > 0 } ? own : "OTEL_EXPORTER_OTLP_ENDPOINT";
        return configuration[name] switch
        {
            null or "" => null,
            var text when Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" => uri,
            _ => throw new SettingException($"{name} must be an http or https address."),
        };
    }

    private static bool IsWanted(IConfiguration configuration, string signal)
    {
        var name = $"OTEL_{signal}_EXPORTER";
        return configuration[name]?.Trim().ToLowerInvariant() switch
        {
            null or "" or "otlp" => true,
            "none" => false,
            _ => throw new SettingException($"{name} must be otlp or none."),
        };
    }
}

/// <summary>The managed identity that writes to Application Insights.</summary>
/// <param name="ClientId">Of a user-assigned one; null for the application's own.</param>
internal sealed record MonitorIdentity(string? ClientId)
{
    /// <summary>Reads what Functions reads too: <c>Authorization=AAD</c>, and <c>ClientId=…</c> where it is not the application's own.</summary>
    /// <exception cref="SettingException">It says anything else.</exception>
    public static MonitorIdentity? Parse(string? text, string name)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            return null;
        }

        string? clientId = null;
        var isEntra = false;
        foreach (var part in text.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var (key, value) = part.Split('=', 2) is [var left, var right] ? (left.Trim(), right.Trim()) : (part, "");
            isEntra |= key.Equals("Authorization", StringComparison.OrdinalIgnoreCase) && value.Equals("AAD", StringComparison.OrdinalIgnoreCase);
            clientId = key.Equals("ClientId", StringComparison.OrdinalIgnoreCase) && value.Length > 0 ? value : clientId;
        }

        return isEntra ? new(clientId) : throw new SettingException($"{name} must be Authorization=AAD, and ClientId=… with a user-assigned identity.");
    }
}
