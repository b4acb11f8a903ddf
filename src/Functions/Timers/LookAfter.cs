using Microsoft.Azure.Functions.Worker;

namespace Serverless.Functions.Timers;

/// <summary>Each minute: all that the service does by itself.</summary>
/// <remarks>
/// One function and not one a chore: on Flex Consumption each function that is no HTTP function has an instance of its own, which is paid for
/// by the second, and that is what an idle service costs (docs/cost.md).
/// </remarks>
public sealed class LookAfter(Chores chores)
{
    [Function("LookAfter")]
    public Task Run([TimerTrigger("0 * * * * *")] TimerInfo timer, CancellationToken cancellationToken) =>
        chores.RunDueAsync(cancellationToken);
}
