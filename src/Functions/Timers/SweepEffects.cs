using Microsoft.Azure.Functions.Worker;
using Serverless.Core.Effects;

namespace Serverless.Functions.Timers;

/// <summary>Every five minutes: forgets effects that have expired, of one shard in turn. One query when there are none.</summary>
public sealed class SweepEffects(EffectSweep sweep, TimeProvider clock)
{
    [Function("SweepEffects")]
    public Task Run([TimerTrigger("10 */5 * * * *")] TimerInfo timer, CancellationToken cancellationToken) =>
        Sweeping.RunAsync(sweep.SweepAsync, clock, cancellationToken);
}
