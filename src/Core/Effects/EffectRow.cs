namespace Serverless.Core.Effects;

/// <summary>Where an effect stands. A claim leads to one of the other two; a release to the next claim; a record to nothing more.</summary>
internal enum EffectStage
{
    /// <summary>Somebody is at it, or has died: nobody can tell before the lease is over, and then the next one may take over.</summary>
    Claimed = 0,

    /// <summary>The claim was given up. The row stays for its token, so that the next one is higher.</summary>
    Released = 1,

    /// <summary>It has happened, and this is its result.</summary>
    Done = 2,
}

/// <summary>One effect: who may record it, or what was recorded.</summary>
/// <param name="Token">Rises with each claim that is another's: only who has the one in the row may record.</param>
/// <param name="Attempt">The request that wrote the claim last: tells a lost reply.</param>
/// <param name="Holder">What the claimant calls itself, encoded; empty where it has no name.</param>
internal sealed record EffectRow(
    long Token, EffectStage Stage, string Attempt, string Holder, DateTimeOffset Lease, DateTimeOffset ExpiresAt)
{
    public EffectRecord? Record { get; init; }

    // The service's clock shows whole seconds, cut off; so a deadline is over only when the clock shows more.
    public bool IsHeld(DateTimeOffset now) => Stage == EffectStage.Claimed && now <= Lease;

    public bool IsExpired(DateTimeOffset now) => now > ExpiresAt;
}
