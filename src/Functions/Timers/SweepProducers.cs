using Microsoft.Azure.Functions.Worker;
using Serverless.Core.Transactions;

namespace Serverless.Functions.Timers;

/// <summary>Every ten minutes: forgets producer ids that nobody uses, of one shard in turn. One query when there are none.</summary>
public sealed class SweepProducers(IProducerIds producers, TimeProvider clock)
{
    [Function("SweepProducers")]
    public Task Run([TimerTrigger("50 */10 * * * *")] TimerInfo timer, CancellationToken cancellationToken) =>
        Sweeping.RunAsync(producers.SweepAsync, clock, cancellationToken);
}
