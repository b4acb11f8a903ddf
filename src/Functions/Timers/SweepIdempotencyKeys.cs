using Microsoft.Azure.Functions.Worker;
using Serverless.Core.Idempotency;

namespace Serverless.Functions.Timers;

/// <summary>Every five minutes: forgets idempotency keys that have expired, of one shard in turn. One query when there are none.</summary>
public sealed class SweepIdempotencyKeys(IdempotencySweep sweep, TimeProvider clock)
{
    [Function("SweepIdempotencyKeys")]
    public Task Run([TimerTrigger("30 */5 * * * *")] TimerInfo timer, CancellationToken cancellationToken) =>
        Sweeping.RunAsync(sweep.SweepAsync, clock, cancellationToken);
}
