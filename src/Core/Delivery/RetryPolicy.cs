namespace Serverless.Core.Delivery;

/// <summary>When a batch that failed is sent again, and when for the last time.</summary>
public sealed record RetryPolicy
{
    /// <summary>The pause after a first failure; each further one is twice as long.</summary>
    public TimeSpan BackoffMin { get; init; } = TimeSpan.FromSeconds(1);

    public TimeSpan BackoffMax { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Attempts in all; null is no limit. A limit needs a dead-letter topic.</summary>
    public int? AttemptsMax { get; init; }

    /// <summary>From the first failure on; null is no limit. A limit needs a dead-letter topic.</summary>
    public TimeSpan? TimeMax { get; init; }

    /// <summary>The pause after so many failed attempts: half of it fixed, half of it by chance.</summary>
    /// <param name="asked">What the target asked for (<c>Retry-After</c>); never less than that, though at most an hour.</param>
    /// <param name="chance">From 0 to 1.</param>
    public TimeSpan PauseAfter(int attempts, TimeSpan? asked, double chance)
    {
        var most = Math.Min(BackoffMax.TotalMilliseconds, BackoffMin.TotalMilliseconds * Math.Pow(2, Math.Min(attempts - 1, 40)));
        var pause = TimeSpan.FromMilliseconds((most / 2) + (most / 2 * chance));
        var least = asked is { } after && after > AskedMax ? AskedMax : asked ?? TimeSpan.Zero;
        return pause > least ? pause : least;
    }

    /// <summary>Whether an attempt that has failed was the last one.</summary>
    public bool IsOver(int attempts, DateTimeOffset firstAt, DateTimeOffset now) =>
        attempts >= AttemptsMax || now - firstAt >= TimeMax;

    private static readonly TimeSpan AskedMax = TimeSpan.FromHours(1);
}
