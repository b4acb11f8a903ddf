namespace Serverless.Simulation.Engine;

/// <summary>One seed, split into streams, so that one more draw in one of them does not move the others.</summary>
internal sealed class Chance(ulong seed)
{
    /// <summary>What clients do.</summary>
    public Random Workload { get; } = Stream(seed, 1);

    /// <summary>What goes wrong.</summary>
    public Random Faults { get; } = Stream(seed, 2);

    /// <summary>How long everything takes.</summary>
    public Random Scheduler { get; } = Stream(seed, 3);

    /// <summary>How this seed's world is made: sizes, settings, rates.</summary>
    public Random Shape { get; } = Stream(seed, 4);

    /// <summary>What the n-th instance draws from.</summary>
    public Random Instance(int ordinal) => Stream(seed, 1_000 + (ulong)ordinal);

    // SplitMix64 (Steele, Lea, Flood 2014): neighbouring seeds give unlike streams.
    private static Random Stream(ulong seed, ulong stream)
    {
        var mixed = unchecked((seed * 0x9E3779B97F4A7C15) + (stream * 0xD1B54A32D192ED03));
        mixed = unchecked((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9);
        mixed = unchecked((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB);
        return new Random((int)((mixed ^ (mixed >> 31)) & int.MaxValue));
    }
}

internal static class Draws
{
    public static bool Chance(this Random random, double probability) => random.NextDouble() < probability;

    public static TimeSpan Between(this Random random, TimeSpan from, TimeSpan to) =>
        TimeSpan.FromMilliseconds(from.TotalMilliseconds + (random.NextDouble() * (to - from).TotalMilliseconds));

    /// <summary>Between two bounds, each order of magnitude as likely as the next.</summary>
    public static double LogUniform(this Random random, double from, double to) =>
        Math.Exp(Math.Log(from) + (random.NextDouble() * (Math.Log(to) - Math.Log(from))));

    public static T Pick<T>(this Random random, IReadOnlyList<T> items) => items[random.Next(items.Count)];
}
