using Serverless.Core.Storage;

namespace Serverless.Core.Effects;

/// <summary>Effects of one kind, each done by whoever asks for it first; the others get its result.</summary>
/// <remarks>
/// <para>Exactly once is what is recorded. If the process dies between the effect and the record, or loses its claim because the effect took
/// longer than the lease, the effect is done again. So what is outside should be given <see cref="EffectClaim.Key"/> and take it once, or
/// <see cref="EffectClaim.Token"/> and refuse one that is lower than it has seen.</para>
/// <para>An effect that throws must not have happened: its claim is given up, and the next who asks does it at once.</para>
/// </remarks>
/// <param name="lease">How long an effect may take; after a crash it is as long left alone.</param>
public sealed class EffectScope(EffectLedger ledger, string scope, TimeSpan lease)
{
    private const string ResultType = "application/octet-stream";

    /// <inheritdoc cref="RunOnceAsync(string, Func{EffectClaim, CancellationToken, ValueTask{ReadOnlyMemory{byte}}}, CancellationToken)"/>
    public ValueTask<ReadOnlyMemory<byte>> RunOnceAsync(
        string key, Func<CancellationToken, ValueTask<ReadOnlyMemory<byte>>> effect, CancellationToken cancellationToken) =>
        RunOnceAsync(key, (_, cancelled) => effect(cancelled), cancellationToken);

    /// <summary>Does an effect unless it is done, and gives its result: at most 48 KiB.</summary>
    /// <param name="effect">Is given the claim under which it runs.</param>
    /// <exception cref="EffectHeldException">Somebody else is at it, or has taken over.</exception>
    public async ValueTask<ReadOnlyMemory<byte>> RunOnceAsync(
        string key, Func<EffectClaim, CancellationToken, ValueTask<ReadOnlyMemory<byte>>> effect, CancellationToken cancellationToken)
    {
        switch (await ledger.ClaimAsync(scope, key, lease, holder: null, cancellationToken))
        {
            case ClaimAnswer.Done done:
                return done.Record.Result;
            case ClaimAnswer.Held held:
                throw new EffectHeldException(scope, key, held.RetryAfter);
            case ClaimAnswer.Claimed claimed:
                return await RecordAsync(claimed.Claim, await DoAsync(claimed.Claim, effect, cancellationToken));
            default:
                throw new InvariantException("A claim is given, held by another, or needless.");
        }
    }

    private async ValueTask<ReadOnlyMemory<byte>> DoAsync(
        EffectClaim claim, Func<EffectClaim, CancellationToken, ValueTask<ReadOnlyMemory<byte>>> effect, CancellationToken cancellationToken)
    {
        try
        {
            return await effect(claim, cancellationToken);
        }
        catch
        {
            await GiveUpAsync(claim);
            throw;
        }
    }

    // Not to be cancelled: what has happened outside is to be written down. Storage itself gives up in time.
    private async ValueTask<ReadOnlyMemory<byte>> RecordAsync(EffectClaim claim, ReadOnlyMemory<byte> result)
    {
        var completed = await ledger.CompleteAsync(scope, claim.Key, claim.Token, result, ResultType, CancellationToken.None);
        if (completed is CompleteAnswer.Done done)
        {
            return done.Record.Result;
        }

        // Who took over may be done by now, and what it recorded counts; otherwise it needs its time.
        return await ledger.ReadAsync(scope, claim.Key, CancellationToken.None) is EffectState.Done others
            ? others.Record.Result
            : throw new EffectHeldException(scope, claim.Key, lease);
    }

    private async ValueTask GiveUpAsync(EffectClaim claim)
    {
        try
        {
            await ledger.ReleaseAsync(scope, claim.Key, claim.Token, CancellationToken.None);
        }
        catch (StorageException)
        {
            // Why the effect failed is what the caller should hear. The claim ends with its lease.
        }
    }
}

/// <summary>An effect that somebody else is doing. To be asked for again: then its result is there, or it may be done.</summary>
public sealed class EffectHeldException(string scope, string key, TimeSpan retryAfter)
    : Exception($"Another holds the claim of effect {key} in {scope}.")
{
    public string Scope { get; } = scope;

    public string Key { get; } = key;

    public TimeSpan RetryAfter { get; } = retryAfter;
}
