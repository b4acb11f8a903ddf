using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Serverless.Core.Delivery;

namespace Serverless.Functions.Delivery;

/// <summary>Runs slices of workers in this process, and sees to what follows from each.</summary>
public sealed partial class WorkerRuns(
    DeliveryWorker worker, Func<DeliverySupervisor> supervisor, DeliveryOptions options, TimeProvider clock,
    IHostApplicationLifetime lifetime, ILogger<WorkerRuns> logger)
{
    /// <summary>One slice. It ends by itself when its time is over, or the process is told to stop; nobody who waits for it need stay.</summary>
    public async Task<WorkEnd?> RunAsync(string group, string instance)
    {
        using var time = new CancellationTokenSource(options.Slice, clock);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(time.Token, lifetime.ApplicationStopping);
        try
        {
            if (lifetime.ApplicationStopping.IsCancellationRequested)
            {
                // Its slice would be over at once, and so would that of each successor that this process is asked for.
                await worker.LeaveAsync(group, instance, lifetime.ApplicationStopped);
                return null;
            }

            var end = await worker.RunAsync(group, instance, over.Token, lifetime.ApplicationStopped);
            await FollowAsync(group, instance, end);
            return end;
        }
        catch (OperationCanceledException) when (lifetime.ApplicationStopped.IsCancellationRequested)
        {
            return null;
        }
        catch (Exception e)
        {
            // The edge of a slice: what it had goes to others after its session, and the timer starts anew.
            SliceFailed(e, group, instance);
            return null;
        }
    }

    private async Task FollowAsync(string group, string instance, WorkEnd end)
    {
        try
        {
            await supervisor().FollowAsync(group, instance, end, lifetime.ApplicationStopped);
        }
        catch (WorkerStartException e)
        {
            // As where the last instance is being stopped. Better no member than one that nobody works for.
            NoSuccessor(e, group, instance);
            await worker.LeaveAsync(group, instance, lifetime.ApplicationStopped);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Worker {Instance} of group {Group} has no successor; the timer will see to it.")]
    private partial void NoSuccessor(Exception exception, string group, string instance);

    [LoggerMessage(Level = LogLevel.Error, Message = "Worker {Instance} of group {Group} could not go on.")]
    private partial void SliceFailed(Exception exception, string group, string instance);
}
