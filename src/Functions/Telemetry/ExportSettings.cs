using Microsoft.Extensions.Configuration;

namespace Serverless.Functions.Telemetry;

/// <summary>Where one signal goes by OTLP. What is null is as for all signals, which the SDK reads itself.</summary>
/// <param name="Endpoint">As it is: no path is put behind it.</param>
internal sealed record OtlpTarget(Uri? Endpoint, bool? IsGrpc, string? Headers);

/// <summary>Where telemetry is to go, by the standard variables of OpenTelemetry and of Application Insights; nowhere unless one is set.</summary>
/// <param name="Otlp">The signals that go to an OTLP receiver.</param>
/// <param name="AzureMonitor">The connection string of Application Insights, or null.</param>
/// <param name="Identity">How that is written to: with a managed identity, or by the connection string alone.</param>
internal sealed record ExportSettings(
    IReadOnlyDictionary<string, OtlpTarget> Otlp, string? AzureMonitor, MonitorIdentity? Identity)
{
    public const string Traces = "TRACES", Metrics = "METRICS", Logs = "LOGS";

    private const string All = "OTEL_EXPORTER_OTLP_";
    private const string ConnectionString = "APPLICATIONINSIGHTS_CONNECTION_STRING";
    private const string Authentication = "APPLICATIONINSIGHTS_AUTHENTICATION_STRING";

    /// <summary>Whether a signal goes anywhere.</summary>
    public bool Takes(string signal) => AzureMonitor is not null || Otlp.ContainsKey(signal);

    public bool IsOff => Otlp.Count == 0 && AzureMonitor is null;

    /// <exception cref="SettingException">A value cannot work.</exception>
    public static ExportSettings From(IConfiguration configuration)
    {
        var otlp = new Dictionary<string, OtlpTarget>();
        foreach (var signal in (ReadOnlySpan<string>)[Traces, Metrics, Logs])
        {
            if (Target(configuration, signal) is { } target)
            {
                otlp.Add(signal, target);
            }
        }

        var connection = configuration[ConnectionString] is { Length: > 0 } given ? given : null;
        if (connection is not null && !ExportFormat.IsConnectionString(connection))
        {
            throw new SettingException($"{ConnectionString} is no connection string of Application Insights.");
        }

        var identity = MonitorIdentity.Parse(configuration[Authentication], Authentication);
        return bool.TryParse(configuration["OTEL_SDK_DISABLED"], out var disabled) && disabled
            ? new(new Dictionary<string, OtlpTarget>(), null, null)
            : new(otlp, connection, identity);
    }

    // Null: nothing says where, or it is not wanted.
    private static OtlpTarget? Target(IConfiguration configuration, string signal)
    {
        var own = $"{All}{signal}_";
        var wanted = $"OTEL_{signal}_EXPORTER";
        var isWanted = configuration[wanted]?.Trim().ToLowerInvariant() switch
        {
            null or "" or "otlp" => true,
            "none" => false,
            _ => throw new SettingException($"{wanted} must be otlp or none."),
        };
        IsGrpc(configuration, $"{All}PROTOCOL");
        var isGrpc = IsGrpc(configuration, $"{own}PROTOCOL");
        Headers(configuration, $"{All}HEADERS");
        var target = new OtlpTarget(Address(configuration, $"{own}ENDPOINT"), isGrpc, Headers(configuration, $"{own}HEADERS"));
        return (Address(configuration, $"{All}ENDPOINT") ?? target.Endpoint) is not null && isWanted ? target : null;
    }

    private static bool? IsGrpc(IConfiguration configuration, string name) => configuration[name] switch
    {
        null or "" => null,
        "grpc" => true,
        "http/protobuf" => false,
        _ => throw new SettingException($"{name} must be grpc or http/protobuf."),
    };

    private static string? Headers(IConfiguration configuration, string name) => configuration[name] switch
    {
        null or "" => null,
        var text when ExportFormat.IsHeaders(text) => text,
        _ => throw new SettingException($"{name} must be name=value, parted by commas."),
    };

    private static Uri? Address(IConfiguration configuration, string name) => configuration[name] switch
    {
        null or "" => null,
        var text when Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" => uri,
        _ => throw new SettingException($"{name} must be an http or https address."),
    };
}
