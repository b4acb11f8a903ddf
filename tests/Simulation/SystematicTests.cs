using Serverless.Simulation.Engine;
using Serverless.Simulation.Storage;
using Serverless.Simulation.World;
using Xunit;

namespace Serverless.Simulation;

/// <summary>Short stories in which every storage call meets every fault, alone and with every other call that meets one.</summary>
public sealed class SystematicTests(ITestOutputHelper output)
{
    private static readonly Fault[] Each = [Fault.CrashBefore, Fault.CrashAfter, Fault.LostReply, Fault.LateEffect];

    private static readonly bool AllPairs = Environment.GetEnvironmentVariable("PAIRS") == "all";

    [Fact]
    public void Producing() => Sweep(
        before: async at => await at.CreateAsync(),
        async at => await at.SendAsync(at.Cluster.Audit.Topics.Find("topic0")!, batches: 1));

    [Fact]
    public void Rolling_a_segment() => Sweep(
        before: async at => await at.SendAsync(await at.CreateAsync(), batches: 1),
        async at => await at.SendAsync(at.Cluster.Audit.Topics.Find("topic0")!, batches: 2));

    [Fact]
    public void Creating_a_topic() => Sweep(before: null, async at => await at.SendAsync(await at.CreateAsync(), batches: 1));

    [Fact]
    public void Deleting_a_topic_and_using_its_name_again() => Sweep(
        before: async at => await at.SendAsync(await at.CreateAsync(), batches: 1),
        async at =>
        {
            await at.DeleteAsync();
            await at.SendAsync(await at.CreateAsync(), batches: 1);
        });

    [Fact]
    public void Moving_the_start() => Sweep(
        before: async at =>
        {
            await at.SendAsync(await at.CreateAsync(retentionMs: "60000"), batches: 3);
            await at.Client.PauseAsync(TimeSpan.FromMinutes(2));
        },
        async at =>
        {
            await at.SweepAsync();
            await at.SendAsync(at.Cluster.Audit.Topics.Find("topic0")!, batches: 1);
        });

    [Fact]
    public void Removing_what_lies_below_the_start() => Sweep(
        before: async at =>
        {
            await at.SendAsync(await at.CreateAsync(retentionMs: "60000"), batches: 3);
            await at.Client.PauseAsync(TimeSpan.FromMinutes(2));
            await at.SweepAsync();
            await at.Client.PauseAsync(TimeSpan.FromHours(2));
        },
        async at =>
        {
            await at.SweepAsync();
            await at.SendAsync(at.Cluster.Audit.Topics.Find("topic0")!, batches: 1);
        });

    private void Sweep(Func<Scenario, Task>? before, Func<Scenario, Task> story) => Sweep(output, before, story);

    // The calls are those of the run without faults, and some more for those that a fault adds.
    /// <param name="pairsOf">Of how many pairs of faults one is run, where there are too many of them; PAIRS=all runs all.</param>
    internal static void Sweep(
        ITestOutputHelper output, Func<Scenario, Task>? before, Func<Scenario, Task> story, int pairsOf = 1)
    {
        var calls = Run([]) + 3;
        var singles =
            from call in Enumerable.Range(1, calls) from fault in Each select new[] { (call, fault) };
        var pairs =
            from first in Enumerable.Range(1, calls)
            from second in Enumerable.Range(first + 1, calls - first)
            from one in Each
            from other in Each
            select new[] { (first, one), (second, other) };
        var all = singles.Concat(pairs.Where((_, number) => AllPairs || number % pairsOf == 0)).ToList();
        var failures = new List<Exception>();
        Parallel.ForEach(all.Chunk(200), new ParallelOptions { MaxDegreeOfParallelism = 2 }, some => OwnThread.Run("sweep", () =>
        {
            foreach (var faults in some)
            {
                try
                {
                    Run(faults.ToDictionary());
                }
                catch (Exception exception)
                {
                    lock (failures)
                    {
                        failures.Add(exception);
                    }
                }
            }

            return 0;
        }));
        output.WriteLine($"{calls} calls, {all.Count:N0} cases");
        Assert.True(failures.Count == 0, $"{failures.Count} of {all.Count} cases failed. {failures.FirstOrDefault()}");

        int Run(Dictionary<int, Fault> faults) => OwnThread.Run("case", () => Scenario.Run(faults, before, story));
    }
}
