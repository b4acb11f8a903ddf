using System.Globalization;

namespace Serverless.Chaos.World;

/// <summary>How long a run is, and what its chance begins with.</summary>
internal sealed record ChaosSettings(int Seconds, int Seed)
{
    private const int SecondsByDefault = 75, LongSeconds = 300;

    /// <summary>Hosts that serve while nothing keeps them from it.</summary>
    public const int Hosts = 4;

    /// <summary>The share of storage requests that fail on purpose.</summary>
    public const double FaultRate = 0.02;

    /// <summary>The longest that a host stands still: in a long run, far longer than any session.</summary>
    public TimeSpan StopMax => TimeSpan.FromSeconds(Seconds >= LongSeconds ? 90 : 15);

    /// <summary>The variables CHAOS_SECONDS and CHAOS_SEED; without a seed, the clock gives one.</summary>
    public static ChaosSettings FromEnvironment(TimeProvider clock) => new(
        Number("CHAOS_SECONDS") ?? SecondsByDefault, SeedOf(clock));

    public static int SeedOf(TimeProvider clock) =>
        Number("CHAOS_SEED") ?? (int)(clock.GetUtcNow().ToUnixTimeSeconds() % 1_000_000);

    public static int? Number(string variable) => Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text
        ? int.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture)
        : null;

    /// <summary>The line that runs it again.</summary>
    public string Replay => $"CHAOS_SEED={Seed} CHAOS_SECONDS={Seconds} ./test chaos";

    /// <summary>Chance of its own for each part of the run, so that none shifts what another draws.</summary>
    public Random RandomOf(string part) =>
        new(unchecked((int)part.Aggregate(2166136261u ^ (uint)Seed, (hash, letter) => (hash ^ letter) * 16777619u)));
}
