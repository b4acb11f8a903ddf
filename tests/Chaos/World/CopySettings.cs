using System.Globalization;

namespace Serverless.Chaos.World;

/// <summary>How much is copied while everything is killed, and what its chance begins with.</summary>
internal sealed record CopySettings(int Records, int Seed)
{
    private const int RecordsByDefault = 20_000;

    public const int Hosts = 3, Copiers = 3;

    /// <summary>The variables COPY_RECORDS and CHAOS_SEED; without a seed, the clock gives one.</summary>
    public static CopySettings FromEnvironment(TimeProvider clock) => new(
        Number("COPY_RECORDS") ?? RecordsByDefault,
        Number("CHAOS_SEED") ?? (int)(clock.GetUtcNow().ToUnixTimeSeconds() % 1_000_000));

    private static int? Number(string variable) => Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text
        ? int.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture)
        : null;
}
