using System.Runtime.CompilerServices;
using Azure.Core;
using Azure.Identity;
using Azure.Monitor.OpenTelemetry.Exporter;
using Microsoft.Azure.Functions.Worker.OpenTelemetry;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry.Exporter;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using Serverless.Core.Telemetry;

namespace Serverless.Functions.Telemetry;

/// <summary>Sends traces, metrics and logs to where the settings say; with none of them nothing is started.</summary>
public static class TelemetryRegistration
{
    // Requests, connections and the runtime are counted by .NET itself, under the conventions' names.
    private static readonly string[] Meters =
        [LogMetrics.MeterName, "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Runtime"];

    /// <param name="isWorker">Whether the Functions host is before us: it is told not to send our logs once more.</param>
    /// <exception cref="SettingException">A setting cannot work.</exception>
    public static IServiceCollection AddTelemetry(this IServiceCollection services, IConfiguration configuration, bool isWorker)
    {
        var export = ExportSettings.From(configuration);
        if (!export.IsOff)
        {
            Start(services, configuration, export, isWorker);
        }

        return services;
    }

    // By itself, so that no assembly of OpenTelemetry is loaded where it is off.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Start(IServiceCollection services, IConfiguration configuration, ExportSettings export, bool isWorker)
    {
        var telemetry = services.AddOpenTelemetry();
        if (isWorker)
        {
            telemetry.UseFunctionsWorkerDefaults();
        }
        else
        {
            // What the environment says comes last, and wins.
            telemetry.ConfigureResource(resource => resource.Clear()
                .AddService("serverless-log").AddTelemetrySdk().AddEnvironmentVariableDetector());
        }

        var credential = export.Identity is null ? null : Credential(export.Identity);
        if (export.Takes(ExportSettings.Traces))
        {
            telemetry.WithTracing(tracing => Export(
                tracing.AddSource(LogTracing.SourceName, RequestTrace.SourceName), configuration, export, credential));
        }

        if (export.Takes(ExportSettings.Metrics))
        {
            telemetry.WithMetrics(metrics => Export(metrics.AddMeter(Meters), configuration, export, credential));
        }

        if (export.Takes(ExportSettings.Logs))
        {
            telemetry.WithLogging(
                logging => Export(logging, configuration, export, credential),
                logging => (logging.IncludeScopes, logging.IncludeFormattedMessage) = (true, true));
        }
    }

    private static void Export(TracerProviderBuilder tracing, IConfiguration configuration, ExportSettings export, TokenCredential? credential)
    {
        if (export.Otlp.Contains(ExportSettings.Traces))
        {
            tracing.AddOtlpExporter(otlp => Configure(otlp, configuration, ExportSettings.Traces));
        }

        if (export.AzureMonitor is { } connection)
        {
            tracing.AddAzureMonitorTraceExporter(monitor => monitor.ConnectionString = connection, credential);
        }
    }

    private static void Export(MeterProviderBuilder metrics, IConfiguration configuration, ExportSettings export, TokenCredential? credential)
    {
        if (export.Otlp.Contains(ExportSettings.Metrics))
        {
            metrics.AddOtlpExporter(otlp => Configure(otlp, configuration, ExportSettings.Metrics));
        }

        if (export.AzureMonitor is { } connection)
        {
            metrics.AddAzureMonitorMetricExporter(monitor => monitor.ConnectionString = connection, credential);
        }
    }

    private static void Export(LoggerProviderBuilder logging, IConfiguration configuration, ExportSettings export, TokenCredential? credential)
    {
        if (export.Otlp.Contains(ExportSettings.Logs))
        {
            logging.AddOtlpExporter(otlp => Configure(otlp, configuration, ExportSettings.Logs));
        }

        if (export.AzureMonitor is { } connection)
        {
            logging.AddAzureMonitorLogExporter(monitor => monitor.ConnectionString = connection, credential);
        }
    }

    // The SDK reads what is for all signals. What is for one it reads only where it is given all three at once.
    private static void Configure(OtlpExporterOptions otlp, IConfiguration configuration, string signal)
    {
        string? Own(string name) => configuration[$"OTEL_EXPORTER_OTLP_{signal}_{name}"] is { Length: > 0 } value ? value : null;

        otlp.Protocol = Own("PROTOCOL") switch
        {
            null => otlp.Protocol,
            "grpc" => OtlpExportProtocol.Grpc,
            "http/protobuf" => OtlpExportProtocol.HttpProtobuf,
            _ => throw new SettingException($"OTEL_EXPORTER_OTLP_{signal}_PROTOCOL must be grpc or http/protobuf."),
        };
        otlp.Headers = Own("HEADERS") ?? otlp.Headers;
        if (Own("ENDPOINT") is { } endpoint)
        {
            otlp.Endpoint = new Uri(endpoint);
        }
    }

    private static ManagedIdentityCredential Credential(MonitorIdentity identity) => new(
        identity.ClientId is { } client ? ManagedIdentityId.FromUserAssignedClientId(client) : ManagedIdentityId.SystemAssigned);
}
