using Microsoft.Azure.Functions.Worker;
using Serverless.Core.Groups;

namespace Serverless.Functions.Timers;

/// <summary>Every minute: expires members and instances of groups that nobody asks for. One query when there are none.</summary>
public sealed class SweepGroups(IConsumerGroups groups, TimeProvider clock)
{
    [Function("SweepGroups")]
    public Task Run([TimerTrigger("0 * * * * *")] TimerInfo timer, CancellationToken cancellationToken) =>
        Sweeping.RunAsync(groups.SweepAsync, clock, cancellationToken);
}
