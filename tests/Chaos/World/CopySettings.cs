namespace Serverless.Chaos.World;

/// <summary>How much is copied while everything is killed, and what its chance begins with.</summary>
internal sealed record CopySettings(int Records, int Seed)
{
    private const int RecordsByDefault = 20_000;

    public const int Hosts = 3, Copiers = 3;

    /// <summary>The variables COPY_RECORDS and CHAOS_SEED; without a seed, the clock gives one.</summary>
    public static CopySettings FromEnvironment(TimeProvider clock) => new(
        ChaosSettings.Number("COPY_RECORDS") ?? RecordsByDefault, ChaosSettings.SeedOf(clock));
}
