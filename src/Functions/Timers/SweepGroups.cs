using Microsoft.Azure.Functions.Worker;
using Serverless.Core.Groups;
using Serverless.Core.Telemetry;

namespace Serverless.Functions.Timers;

/// <summary>Every minute: expires members and instances of groups that nobody asks for. One query when there are none.</summary>
/// <remarks>Then it looks how far groups are behind, where somebody watches that.</remarks>
public sealed class SweepGroups(IConsumerGroups groups, LagSweep lag, TimeProvider clock)
{
    [Function("SweepGroups")]
    public async Task Run([TimerTrigger("0 * * * * *")] TimerInfo timer, CancellationToken cancellationToken)
    {
        await Sweeping.RunAsync(groups.SweepAsync, clock, cancellationToken);
        await lag.SweepAsync(cancellationToken);
    }
}
