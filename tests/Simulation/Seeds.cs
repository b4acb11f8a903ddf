using System.Globalization;
using Serverless.Simulation.Bugs;
using Serverless.Simulation.World;

namespace Serverless.Simulation;

/// <summary>Which seeds to run, by the environment; and the threads to run them on.</summary>
internal static class Seeds
{
    private static readonly int AtOnce = Math.Max(1, Environment.ProcessorCount);

    /// <summary>SEED: this one and no other.</summary>
    public static ulong? One { get; } = Number("SEED");

    /// <summary>SEEDS: how many. The default fills the fault table.</summary>
    public static ulong Count { get; } = Number("SEEDS") ?? 2_000;

    /// <summary>The same of seeds of transactions: fewer by default, as they take longer, and fill no table.</summary>
    public static ulong CountOfTransactions { get; } = Number("SEEDS") ?? 1_200;

    /// <summary>The same of seeds of deliveries, which take longest.</summary>
    public static ulong CountOfDeliveries { get; } = Number("SEEDS") ?? 800;

    /// <summary>FIRST: where to begin.</summary>
    public static ulong First { get; } = Number("FIRST") ?? 1;

    /// <summary>COPY: how many requests of input a seed of transactions has; by default it draws that itself.</summary>
    public static int? Inputs { get; } = (int?)Number("COPY");

    /// <summary>BUG: a planted bug to run them with.</summary>
    public static PlantedBug Bug { get; } =
        Enum.TryParse<PlantedBug>(Environment.GetEnvironmentVariable("BUG"), out var bug) ? bug : PlantedBug.None;

    /// <summary>Runs seeds until one of them says to stop; tells each result, one at a time and in any order.</summary>
    public static void Run(ulong first, ulong count, Func<ulong, SeedResult> run, Func<SeedResult, bool> goOn)
    {
        var next = first;
        var stopped = false;
        var gate = new Lock();
        var threads = Enumerable.Range(0, AtOnce).Select(_ => new Thread(Work)).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());

        void Work()
        {
            while (true)
            {
                ulong seed;
                lock (gate)
                {
                    if (stopped || next >= first + count)
                    {
                        return;
                    }

                    seed = next++;
                }

                var result = run(seed);
                lock (gate)
                {
                    stopped |= !goOn(result);
                }
            }
        }
    }

    private static ulong? Number(string variable) =>
        ulong.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : null;
}
