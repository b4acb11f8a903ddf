using Microsoft.Azure.Functions.Worker;
using Serverless.Core.Topics;

namespace Serverless.Functions.Timers;

/// <summary>Every five minutes, as Kafka's <c>log.retention.check.interval.ms</c>: drops segments that are too old or too much.</summary>
public sealed class ApplyRetention(RetentionSweep sweep, TimeProvider clock)
{
    [Function("ApplyRetention")]
    public Task Run([TimerTrigger("45 */5 * * * *")] TimerInfo timer, CancellationToken cancellationToken) =>
        Sweeping.RunAsync(sweep.SweepAsync, clock, cancellationToken);
}
