using Serverless.Core.Storage;

namespace Serverless.Core.Effects;

/// <summary>Forgets effects that were kept long enough, and claims that came to nothing.</summary>
/// <remarks>One shard a run, and with a run every <see cref="Interval"/> all of them within five and a half hours: a key that has
/// expired means a new effect from that moment on, whether its row is still there or not.</remarks>
public sealed class EffectSweep(IRowStore rows, TimeProvider clock, EffectOptions options)
{
    /// <summary>How often the timer runs.</summary>
    public static TimeSpan Interval { get; } = TimeSpan.FromMinutes(5);

    private readonly ShardWalk _walk = new(
        rows, clock, Layout.EffectsTable, EffectRowCodec.Shards, Interval, EffectRowCodec.PartitionOf, options.SweepRowsMax);

    /// <summary>One bounded step; true when there is more in this run. May run twice, late, or at once with itself.</summary>
    public ValueTask<bool> SweepAsync(CancellationToken cancellationToken) =>
        _walk.StepAsync((row, now) => EffectRowCodec.Decode(row).IsExpired(now), cancellationToken);
}
