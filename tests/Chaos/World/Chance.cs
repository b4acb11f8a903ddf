namespace Serverless.Chaos.World;

internal static class Chance
{
    public static bool Happens(this Random random, double probability) => random.NextDouble() < probability;

    public static T Pick<T>(this Random random, IReadOnlyList<T> items) => items[random.Next(items.Count)];

    public static TimeSpan Between(this Random random, TimeSpan min, TimeSpan max) => min + (random.NextDouble() * (max - min));

    public static double Between(this Random random, double min, double max) => min + (random.NextDouble() * (max - min));

    /// <summary>As often between 1 and 3 as between 3 and 9: mostly short, and now and then long.</summary>
    public static TimeSpan LogBetween(this Random random, TimeSpan min, TimeSpan max) =>
        min * Math.Exp(random.NextDouble() * Math.Log(max / min));
}
