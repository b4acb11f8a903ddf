using Serverless.Simulation.Engine;
using Serverless.Simulation.Storage;
using Serverless.Simulation.World;

namespace Serverless.Simulation.Workload;

/// <summary>What befalls whole instances: kills, stalls, clocks that jump, one after the other or all at once.</summary>
internal sealed class Nemesis(Cluster cluster, SeedShape shape, Random faults, TopicNames topics)
{
    public async Task RunAsync()
    {
        if (shape.NemesisEvery == TimeSpan.Zero)
        {
            return;
        }

        while (!topics.Healed)
        {
            await Task.Delay(faults.Between(TimeSpan.Zero, 2 * shape.NemesisEvery), cluster.Service);
            if (topics.Healed)
            {
                return;
            }

            switch (faults.Next(10))
            {
                case < 3:
                    Crash(faults.Next(cluster.Slots.Count));
                    break;
                case < 5:
                    Stall(faults.Next(cluster.Slots.Count));
                    break;
                case 5:
                    Each(Crash);
                    break;
                case 6:
                    Each(Stall);
                    break;
                case 7:
                    await SwizzleAsync();
                    break;
                default:
                    Jump(faults.Next(cluster.Slots.Count));
                    break;
            }
        }
    }

    // FoundationDB's swizzle: instances stop one by one, and come back in another order.
    private async Task SwizzleAsync()
    {
        for (var slot = 0; slot < cluster.Slots.Count; slot++)
        {
            Stall(slot);
            await Task.Delay(faults.Between(TimeSpan.Zero, TimeSpan.FromSeconds(5)), cluster.Service);
        }
    }

    private void Each(Action<int> befall)
    {
        for (var slot = 0; slot < cluster.Slots.Count; slot++)
        {
            befall(slot);
        }
    }

    private void Crash(int slot)
    {
        if (cluster.Slots[slot] is { } instance)
        {
            cluster.Crash(instance, slot);
        }
    }

    private void Stall(int slot)
    {
        if (cluster.Slots[slot] is { } instance)
        {
            var time = TimeSpan.FromSeconds(faults.LogUniform(1, FaultRates.LateMax.TotalSeconds));
            cluster.History.Add(instance.Name, $"STALL {time.TotalSeconds:F0} s");
            instance.Context.StallFor(time);
        }
    }

    private void Jump(int slot)
    {
        if (cluster.Slots[slot] is { } instance && shape.JumpMax > TimeSpan.Zero)
        {
            var by = faults.Between(-shape.JumpMax, shape.JumpMax);
            cluster.History.Add(instance.Name, $"CLOCK {by.TotalMinutes:F0} min");
            instance.Clock.Jump(by);
        }
    }
}
