using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace Serverless.Functions.Telemetry;

/// <summary>Sends what is left of telemetry when the process ends, and waits no longer than it may for a receiver that does not answer.</summary>
/// <remarks>
/// The SDK's providers do so when they are disposed, one after the other, 5 s each and more. The Functions host kills a worker 5 s after it
/// told it to end; with <see cref="WaitMax"/> behind the 3 s that its services have, it ends by itself.
/// </remarks>
internal sealed class TelemetryEnd(IServiceProvider services, IHostApplicationLifetime lifetime) : IHostedService
{
    public static readonly TimeSpan WaitMax = TimeSpan.FromSeconds(1.5);

    public Task StartAsync(CancellationToken cancellationToken)
    {
        // When no request is under way any more, and nothing was disposed yet.
        lifetime.ApplicationStopped.Register(End);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private void End()
    {
        var most = (int)WaitMax.TotalMilliseconds;
        Action[] ends =
        [
            .. services.GetServices<TracerProvider>().Select(traces => (Action)(() => traces.Shutdown(most))),
            .. services.GetServices<MeterProvider>().Select(metrics => (Action)(() => metrics.Shutdown(most))),
            .. services.GetServices<LoggerProvider>().Select(logs => (Action)(() => logs.Shutdown(most))),
        ];

#pragma warning disable RS0030 // The SDK blocks the thread that it is ended on, so each provider has its own. No simulation has an SDK.
        // Those that keep no time are left behind: they do not keep the process alive.
        var threads = Array.ConvertAll(ends, end => new Thread(() => end()) { IsBackground = true });
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join(WaitMax));
#pragma warning restore RS0030
    }
}
