using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Serverless.LocalHost;

/// <summary>Runs one timer function by its schedule. A run that outlasts the next occurrence makes it skip that one.</summary>
internal sealed partial class TimerRunner(
    TimerFunction function, TimerSchedule schedule, IServiceScopeFactory scopes, TimeProvider clock, ILogger<TimerRunner> logger)
    : BackgroundService
{
    // Timers of the runtime end at 49 days; a schedule may be about years.
    private static readonly TimeSpan SleepMax = TimeSpan.FromDays(1);

    private readonly FunctionInvoker _invoker = new(function.Method);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var last = clock.GetUtcNow();
        if (function.RunOnStartup)
        {
            await RunAsync(last, schedule.After(last), stoppingToken);
        }

        while (!stoppingToken.IsCancellationRequested)
        {
            var next = schedule.After(clock.GetUtcNow());
            await SleepUntilAsync(next, stoppingToken);
            await RunAsync(last, schedule.After(next), stoppingToken);
            last = next;
        }
    }

    private async Task SleepUntilAsync(DateTimeOffset next, CancellationToken cancellationToken)
    {
        for (var left = next - clock.GetUtcNow(); left > TimeSpan.Zero; left = next - clock.GetUtcNow())
        {
            await Task.Delay(left < SleepMax ? left : SleepMax, clock, cancellationToken);
        }
    }

    private async Task RunAsync(DateTimeOffset last, DateTimeOffset next, CancellationToken cancellationToken)
    {
        var tick = new TimerInfo
        {
            ScheduleStatus = new ScheduleStatus
            {
                Last = last.UtcDateTime, Next = next.UtcDateTime, LastUpdated = clock.GetUtcNow().UtcDateTime,
            },
        };
        var arguments = Array.ConvertAll(
            function.Method.GetParameters(),
            parameter => parameter.ParameterType == typeof(TimerInfo) ? (object)tick : cancellationToken);
        try
        {
            await using var scope = scopes.CreateAsyncScope();
            await _invoker.Invoke(scope.ServiceProvider, arguments);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Stopping is no failure.
        }
        catch (Exception e)
        {
            // This is the edge: a run that failed must not end the runs to come.
            TimerFailed(logger, e, function.Name);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Timer {Function} failed; it runs again at its next occurrence.")]
    private static partial void TimerFailed(ILogger logger, Exception exception, string function);
}
