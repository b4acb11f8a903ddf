using Microsoft.Azure.Functions.Worker;
using Serverless.Core.Delivery;

namespace Serverless.Functions.Timers;

/// <summary>Every minute: looks after deliveries, and has workers started for what there is to do. One query when there are none.</summary>
/// <remarks>A timer runs on one instance at a time, and so it works on nothing itself.</remarks>
public sealed class SweepDeliveries(DeliverySupervisor supervisor)
{
    [Function("SweepDeliveries")]
    public Task Run([TimerTrigger("20 * * * * *")] TimerInfo timer, CancellationToken cancellationToken) =>
        supervisor.LookAsync(cancellationToken).AsTask();
}
