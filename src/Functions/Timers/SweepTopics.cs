using Microsoft.Azure.Functions.Worker;
using Serverless.Core.Topics;

namespace Serverless.Functions.Timers;

/// <summary>Every five minutes: finishes deletions and removes what deleted topics stored.</summary>
public sealed class SweepTopics(TopicSweep sweep, TimeProvider clock)
{
    [Function("SweepTopics")]
    public Task Run([TimerTrigger("15 */5 * * * *")] TimerInfo timer, CancellationToken cancellationToken) =>
        Sweeping.RunAsync(sweep.SweepAsync, clock, cancellationToken);
}
