namespace Serverless.Core.Effects;

/// <summary>Every bound of the ledger of effects.</summary>
public sealed record EffectOptions
{
    /// <summary>Bytes of a result: it lies in one column of its row.</summary>
    public const int ResultBytesMax = 48 * 1024;

    /// <summary>The longest lease. Whoever dies under it leaves its effect undone for as long.</summary>
    public static TimeSpan LeaseMax { get; } = TimeSpan.FromDays(1);

    /// <summary>
    /// How long a result is kept, counted from its record; and a claim that came to nothing, counted from the end of its lease. Then the
    /// key means a new effect.
    /// </summary>
    public TimeSpan Retention { get; init; } = TimeSpan.FromDays(7);

    /// <summary>Tries to write a row before the request is given up.</summary>
    public int AttemptsMax { get; init; } = 8;

    /// <summary>Rows that one step of the sweep looks at.</summary>
    public int SweepRowsMax { get; init; } = 100;

    /// <summary>Claims that a process remembers the rows of; it spares the read before the record.</summary>
    public int ClaimsRememberedMax { get; init; } = 10_000;
}
