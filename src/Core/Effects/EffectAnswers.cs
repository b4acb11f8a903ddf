namespace Serverless.Core.Effects;

/// <summary>The right to do an effect and to record its result, until another claim takes it over.</summary>
/// <param name="Token">
/// The fencing token: higher with each claim of the key that is another's. What is outside should refuse one that is lower than it has seen.
/// </param>
/// <param name="ExpiresAt">By the storage service's clock; no other claim is given before.</param>
public sealed record EffectClaim(string Scope, string Key, long Token, DateTimeOffset ExpiresAt);

/// <summary>An effect that has happened.</summary>
/// <param name="Token">Of the claim under which it was recorded.</param>
public sealed record EffectRecord(long Token, ReadOnlyMemory<byte> Result, string ContentType, DateTimeOffset CompletedAt);

/// <summary>What is to be done about an effect by who asked for it.</summary>
public abstract record ClaimAnswer
{
    private ClaimAnswer()
    {
    }

    /// <summary>To be done now, and recorded.</summary>
    public sealed record Claimed(EffectClaim Claim) : ClaimAnswer;

    /// <summary>Somebody else is at it. After this time its lease is over.</summary>
    public sealed record Held(TimeSpan RetryAfter) : ClaimAnswer;

    /// <summary>Nothing: it has happened.</summary>
    public sealed record Done(EffectRecord Record) : ClaimAnswer;
}

/// <summary>Whether a result was recorded.</summary>
public abstract record CompleteAnswer
{
    private CompleteAnswer()
    {
    }

    /// <summary>It is recorded, now or before under the same token. The first record counts, whatever came later.</summary>
    public sealed record Done(EffectRecord Record) : CompleteAnswer;

    /// <summary>The claim is not there any more: it was taken over, given up, or another's is recorded.</summary>
    public sealed record Fenced : CompleteAnswer;

    /// <summary>Nobody claimed the key, or it is forgotten.</summary>
    public sealed record NotFound : CompleteAnswer;
}

/// <summary>Whether a claim was given up.</summary>
public enum ReleaseAnswer
{
    /// <summary>Now, or before.</summary>
    Released,

    /// <summary>It was taken over, or its effect is recorded.</summary>
    Fenced,

    NotFound,
}

/// <summary>What the ledger knows of a key.</summary>
public abstract record EffectState
{
    private EffectState()
    {
    }

    /// <summary>Claimed last by this one, whose lease may be over.</summary>
    public sealed record Claimed(EffectClaim Claim) : EffectState;

    public sealed record Done(EffectRecord Record) : EffectState;
}
