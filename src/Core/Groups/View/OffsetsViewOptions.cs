namespace Serverless.Core.Groups.View;

/// <summary>How <see cref="OffsetsTopic"/> is read.</summary>
public sealed record OffsetsViewOptions
{
    /// <summary>
    /// How old a commit must be to be shown. One is dated before it is written, so one that is written for longer than this, less a second
    /// for the whole seconds of the service's clock, may be passed over by a reader that follows the end.
    /// </summary>
    public TimeSpan SettleTime { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>How long rows once read are shown.</summary>
    public TimeSpan CacheAgeMax { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Groups that are read at once.</summary>
    public int ReadsAtOnceMax { get; init; } = 8;

    /// <summary>The first pause of a reader that waits; each further one is twice as long, up to the last.</summary>
    public TimeSpan PauseMin { get; init; } = TimeSpan.FromSeconds(1);

    public TimeSpan PauseMax { get; init; } = TimeSpan.FromSeconds(5);
}
