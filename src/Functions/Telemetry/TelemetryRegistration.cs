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
            Start(services, export, isWorker);
        }

        return services;
    }

    // By itself, so that no assembly of OpenTelemetry is loaded where it is off.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Start(IServiceCollection services, ExportSettings export, bool isWorker)
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

        services.AddHostedService<TelemetryEnd>();
        var credential = export.Identity is null ? null : Credential(export.Identity);
        if (export.Takes(ExportSettings.Traces))
        {
            telemetry.WithTracing(tracing => Export(
                tracing.AddSource(LogTracing.SourceName, RequestTrace.SourceName), export, credential));
        }

        if (export.Takes(ExportSettings.Metrics))
        {
            telemetry.WithMetrics(metrics => Export(metrics.AddMeter(Meters), export, credential));
        }

        if (export.Takes(ExportSettings.Logs))
        {
            telemetry.WithLogging(
                logging => Export(logging, export, credential),
                logging => (logging.IncludeScopes, logging.IncludeFormattedMessage) = (true, true));
        }
    }

    private static void Export(TracerProviderBuilder tracing, ExportSettings export, TokenCredential? credential)
    {
        if (export.Otlp.TryGetValue(ExportSettings.Traces, out var target))
        {
            tracing.AddOtlpExporter(otlp => Configure(otlp, target));
        }

        if (export.AzureMonitor is { } connection)
        {
            tracing.AddAzureMonitorTraceExporter(monitor => monitor.ConnectionString = connection, credential);
        }
    }

    private static void Export(MeterProviderBuilder metrics, ExportSettings export, TokenCredential? credential)
    {
        if (export.Otlp.TryGetValue(ExportSettings.Metrics, out var target))
        {
            metrics.AddOtlpExporter(otlp => Configure(otlp, target));
        }

        if (export.AzureMonitor is { } connection)
        {
            metrics.AddAzureMonitorMetricExporter(monitor => monitor.ConnectionString = connection, credential);
        }
    }

    private static void Export(LoggerProviderBuilder logging, ExportSettings export, TokenCredential? credential)
    {
        if (export.Otlp.TryGetValue(ExportSettings.Logs, out var target))
        {
            logging.AddOtlpExporter(otlp => Configure(otlp, target));
        }

        if (export.AzureMonitor is { } connection)
        {
            logging.AddAzureMonitorLogExporter(monitor => monitor.ConnectionString = connection, credential);
        }
    }

    // What is for all signals the SDK reads itself. What is for one it reads only where it is given all three at once.
    private static void Configure(OtlpExporterOptions otlp, OtlpTarget target)
    {
        otlp.Protocol = target.IsGrpc switch
        {
            null => otlp.Protocol,
            true => OtlpExportProtocol.Grpc,
            false => OtlpExportProtocol.HttpProtobuf,
        };
        otlp.Headers = target.Headers ?? otlp.Headers;
        if (target.Endpoint is { } endpoint)
        {
            otlp.Endpoint = endpoint;
        }
    }

    private static ManagedIdentityCredential Credential(MonitorIdentity identity) => new(
        identity.ClientId is { } client ? ManagedIdentityId.FromUserAssignedClientId(client) : ManagedIdentityId.SystemAssigned);
}
