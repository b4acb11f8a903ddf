using Serverless.Simulation.World;
using Xunit;

namespace Serverless.Simulation;

/// <summary>A seed that cannot be replayed proves nothing.</summary>
public sealed class ReplayTests
{
    [Fact]
    public void Two_hundred_seeds_run_the_same_way_twice() => Replay(seed => SeedRun.Run(seed));

    [Fact]
    public void Two_hundred_seeds_of_transactions_run_the_same_way_twice() => Replay(seed => CopyRun.Run(seed));

    [Fact]
    public void Two_hundred_seeds_of_deliveries_run_the_same_way_twice() => Replay(seed => DeliveryRun.Run(seed));

    private static void Replay(Func<ulong, SeedResult> run)
    {
        var differing = new List<ulong>();
        Seeds.Run(1, 200, run, result =>
        {
            if (run(result.Seed) is var again && (again.Trace, again.Events) != (result.Trace, result.Events))
            {
                differing.Add(result.Seed);
            }

            return true;
        });

        Assert.Empty(differing);
    }
}
