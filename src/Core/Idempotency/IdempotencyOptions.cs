namespace Serverless.Core.Idempotency;

/// <summary>Every bound of idempotency keys: what it is, and what leans on it.</summary>
public sealed record IdempotencyOptions
{
    /// <summary>How long a key and its answer are kept (<c>idempotency.key.retention.ms</c>); then the key means a new request.</summary>
    public TimeSpan Retention { get; init; } = TimeSpan.FromHours(24);

    /// <summary>
    /// How long a repetition is put off while the first attempt may be working, unless that one says that it gave up. No more depends
    /// on it than when a repetition is tried: an attempt that is slower stores nothing twice.
    /// </summary>
    public TimeSpan Lease { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Whether produce requests must have a key, or a producer (<c>idempotency.key.required</c>).</summary>
    public bool KeyRequired { get; init; }

    /// <summary>Tries to write a row before the request is given up.</summary>
    public int AttemptsMax { get; init; } = 8;

    /// <summary>Rows that one step of the sweep looks at.</summary>
    public int SweepRowsMax { get; init; } = 100;
}
