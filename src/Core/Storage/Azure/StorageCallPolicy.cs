using System.Diagnostics;
using System.Globalization;
using Azure.Core;
using Azure.Core.Pipeline;
using Serverless.Core.Telemetry;

namespace Serverless.Core.Storage.Azure;

/// <summary>Counts and times each request to the storage account, and gives it a span.</summary>
/// <remarks>
/// Of a request its kind alone is told: an address has names of groups and of transactional ids in it. It stands next to the transport,
/// so each attempt counts, as each is paid for.
/// </remarks>
internal sealed class StorageCallPolicy(bool isTables, LogMetrics metrics, TimeProvider? clock) : HttpPipelinePolicy
{
    // Statuses are few, and a box for every call would be many.
    private static readonly object[] Statuses = [.. Enumerable.Range(0, 600).Select(status => (object)status)];

    public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline) =>
        throw new NotSupportedException("The stores only wait asynchronously.");

    public override ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline) =>
        clock is not null && (metrics.TakesStorageCalls || LogTracing.Source.HasListeners())
            ? WatchAsync(clock, message, pipeline)
            : ProcessNextAsync(message, pipeline);

    private async ValueTask WatchAsync(TimeProvider time, HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
    {
        var kind = isTables ? StorageCallKind.OfTables(message.Request) : StorageCallKind.OfBlobs(message.Request);
        using var span = LogTracing.Source.StartActivity(kind, ActivityKind.Client);
        var began = time.GetTimestamp();
        string? error = TelemetryAttributes.Other;
        object? status = null;
        try
        {
            await ProcessNextAsync(message, pipeline);
            var code = message.Response.Status;
            status = Statuses[Math.Clamp(code, 0, Statuses.Length - 1)];
            error = code >= 400 ? code.ToString(CultureInfo.InvariantCulture) : null;
        }
        catch (OperationCanceledException)
        {
            // The caller's patience, or the network's timeout: nobody knows what became of it.
            error = "timeout";
            throw;
        }
        finally
        {
            metrics.StorageCalled(kind, status, error, time.GetElapsedTime(began));
            if (span is { IsAllDataRequested: true })
            {
                span.SetTag(TelemetryAttributes.StorageKind, kind)
                    .SetTag(TelemetryAttributes.StatusCode, status)
                    .SetTag(TelemetryAttributes.ErrorType, error)
                    .SetTag("server.address", message.Request.Uri.Host);
            }
        }
    }
}
