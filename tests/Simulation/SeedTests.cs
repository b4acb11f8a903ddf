using Serverless.Simulation.World;
using Xunit;

namespace Serverless.Simulation;

/// <summary>Random seeds: the real classes, everything that can go wrong, every guarantee checked.</summary>
public sealed class SeedTests
{
    // A cell that chance left empty in a short run says nothing; in 2,000 seeds each must have been gone through.
    private const ulong SeedsOfTable = 2_000;
    private const long HitsLeast = 100;

    [Fact]
    public void No_seed_breaks_a_guarantee_and_every_fault_was_met_by_every_call()
    {
        if (SeedReport.Of(seed => SeedRun.Run(seed, Seeds.Bug), Seeds.Count) is not { } report)
        {
            return;
        }

        Assert.True(
            Seeds.Count < SeedsOfTable || !report.Faults.Below(HitsLeast).Any(),
            $"Cells of the fault table that are too empty: {string.Join(", ", report.Faults.Below(HitsLeast))}");
    }
}
