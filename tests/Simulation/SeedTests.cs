using Serverless.Simulation.Storage;
using Serverless.Simulation.World;
using Xunit;

namespace Serverless.Simulation;

/// <summary>Random seeds: the real classes, everything that can go wrong, every guarantee checked.</summary>
public sealed class SeedTests(ITestOutputHelper output)
{
    // A cell that chance left empty in a short run says nothing; in 2,000 seeds each must have been gone through.
    private const ulong SeedsOfTable = 2_000;
    private const long HitsLeast = 100;

    [Fact]
    public void No_seed_breaks_a_guarantee_and_every_fault_was_met_by_every_call()
    {
        if (Seeds.One is { } one)
        {
            var result = SeedRun.Run(one, Seeds.Bug);
            Assert.True(result.Failure is null, result.Report());
            return;
        }

        var table = new FaultTable();
        var failed = new List<SeedResult>();
        var (virtualTime, events, effects) = (TimeSpan.Zero, 0L, 0L);
        Seeds.Run(Seeds.First, Seeds.Count, seed => SeedRun.Run(seed), result =>
        {
            table.Add(result.Faults);
            virtualTime += result.Virtual;
            events += result.Events;
            effects += result.Effects;
            if (result.Failure is not null)
            {
                failed.Add(result);
            }

            return failed.Count < 5;
        });

        output.WriteLine(
            $"{Seeds.Count:N0} seeds, {virtualTime.TotalHours:N0} h of virtual time, {events:N0} events, {effects:N0} changes of storage.");
        output.WriteLine(table.ToString());
        Assert.True(failed.Count == 0, string.Join("\n\n", failed.OrderBy(result => result.Seed).Select(result => result.Report())));
        Assert.True(
            Seeds.Count < SeedsOfTable || !table.Below(HitsLeast).Any(),
            $"Cells of the fault table that are too empty: {string.Join(", ", table.Below(HitsLeast))}");
    }
}
