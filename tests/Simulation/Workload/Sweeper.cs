using Serverless.Simulation.Engine;
using Serverless.Simulation.World;

namespace Serverless.Simulation.Workload;

/// <summary>The timers of all instances: they overlap, come late and run anywhere.</summary>
internal sealed class Sweeper(Client client, TopicNames topics)
{
    public async Task RunAsync()
    {
        while (!topics.Healed)
        {
            await client.PauseAsync(client.Random.Between(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(20)));
            await SweepAsync(client.AnyInstance());
        }
    }

    /// <summary>A step of retention and one of removal; true when one of them has more to do.</summary>
    public async Task<bool> SweepAsync(Instance? instance)
    {
        var retained = await client.CallAsync(
            instance, "retention", (at, cancellationToken) => at.Retention.SweepAsync(cancellationToken));
        var removed = await client.CallAsync(
            instance, "removal", (at, cancellationToken) => at.Removal.SweepAsync(cancellationToken));
        var expired = await client.CallAsync(
            instance, "expiry", (at, cancellationToken) => at.Groups.SweepAsync(cancellationToken));
        return retained.Value || removed.Value || expired.Value;
    }
}
