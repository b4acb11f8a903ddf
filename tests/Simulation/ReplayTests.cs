using Serverless.Simulation.World;
using Xunit;

namespace Serverless.Simulation;

/// <summary>A seed that cannot be replayed proves nothing.</summary>
public sealed class ReplayTests
{
    [Fact]
    public void Two_hundred_seeds_run_the_same_way_twice()
    {
        var differing = new List<ulong>();
        Seeds.Run(1, 200, seed => SeedRun.Run(seed), result =>
        {
            if (SeedRun.Run(result.Seed) is var again && (again.Trace, again.Events) != (result.Trace, result.Events))
            {
                differing.Add(result.Seed);
            }

            return true;
        });

        Assert.Empty(differing);
    }
}
