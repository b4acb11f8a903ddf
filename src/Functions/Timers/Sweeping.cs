namespace Serverless.Functions.Timers;

/// <summary>How a timer works through a sweep: step by step while there is more, well within the platform's time limit.</summary>
/// <remarks>What is left when the time is over waits for the next occurrence; sweeps may run twice or late without harm.</remarks>
internal static class Sweeping
{
    // Well within a minute, after which the timer is due again; and within functionTimeout in host.json, with time for a step to end.
    private static readonly TimeSpan TimeMax = TimeSpan.FromSeconds(40);

    public static async Task RunAsync(
        Func<CancellationToken, ValueTask<bool>> step, TimeProvider clock, CancellationToken cancellationToken)
    {
        var began = clock.GetTimestamp();
        while (await step(cancellationToken) && clock.GetElapsedTime(began) < TimeMax)
        {
        }
    }
}
