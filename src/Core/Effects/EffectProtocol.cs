namespace Serverless.Core.Effects;

/// <summary>What a request to the ledger finds, and what follows: (row, request, the service's time) → (step, row).</summary>
/// <remarks>
/// Upholds <b>effect recorded once</b>: a record is written over the claim of its own token alone, and over a record nothing is. The token
/// rises whenever the claim passes to another, so that who was overtaken can neither record nor give up what is another's.
/// </remarks>
internal static class EffectProtocol
{
    // The service's clock shows whole seconds, cut off: what it shows may be a second old.
    private static readonly TimeSpan ClockStep = TimeSpan.FromSeconds(1);

    internal enum ClaimStep
    {
        Write,

        /// <summary>An earlier try of the very same request has written the claim.</summary>
        Own,

        Wait,

        Replay,
    }

    internal enum EndStep
    {
        Write,

        /// <summary>It is so already.</summary>
        Settled,

        Fenced,

        NotFound,
    }

    public static (ClaimStep Step, EffectRow Row) Claim(EffectRow? row, ClaimRequest asked, DateTimeOffset now) => row switch
    {
        null => (ClaimStep.Write, asked.Row(FirstToken(now), now)),
        _ when row.IsExpired(now) => (ClaimStep.Write, asked.Row(Math.Max(row.Token + 1, FirstToken(now)), now)),
        { Stage: EffectStage.Done } => (ClaimStep.Replay, row),
        { Stage: EffectStage.Claimed } when row.Attempt == asked.Attempt =>
            asked.IsMet(row, now) ? (ClaimStep.Own, row) : (ClaimStep.Write, asked.Row(row.Token, now)),
        _ when row.IsHeld(now) && asked.Holder.Length > 0 && asked.Holder == row.Holder => (ClaimStep.Write, asked.Row(row.Token, now)),
        _ when row.IsHeld(now) => (ClaimStep.Wait, row),
        _ => (ClaimStep.Write, asked.Row(row.Token + 1, now)),
    };

    public static (EndStep Step, EffectRow? Row) Complete(EffectRow? row, EffectRecord record, TimeSpan retention, DateTimeOffset now) =>
        Holds(row, record.Token, now) switch
        {
            EndStep.Write when row!.Stage == EffectStage.Claimed => (
                EndStep.Write,
                row with { Stage = EffectStage.Done, Record = record with { CompletedAt = now }, ExpiresAt = now + retention }),
            EndStep.Write when row!.Stage == EffectStage.Done => (EndStep.Settled, row),
            EndStep.Write => (EndStep.Fenced, null),
            var refusal => (refusal, null),
        };

    public static (EndStep Step, EffectRow? Row) Release(EffectRow? row, long token, DateTimeOffset now) =>
        Holds(row, token, now) switch
        {
            EndStep.Write when row!.Stage == EffectStage.Claimed => (EndStep.Write, row with { Stage = EffectStage.Released }),
            EndStep.Write when row!.Stage == EffectStage.Released => (EndStep.Settled, row),
            EndStep.Write => (EndStep.Fenced, null),
            var refusal => (refusal, null),
        };

    /// <summary>How long a claim that is not ours is to be left alone: then the clock shows that its lease is over.</summary>
    public static TimeSpan Rest(EffectRow row, DateTimeOffset now) => row.Lease - now + ClockStep;

    /// <summary>The end of a lease that begins now, and is not shorter than asked for.</summary>
    public static DateTimeOffset LeaseFrom(DateTimeOffset now, TimeSpan lease) => now + ClockStep + lease;

    // Write: the row is that token's.
    private static EndStep Holds(EffectRow? row, long token, DateTimeOffset now) =>
        row is null || row.IsExpired(now) ? EndStep.NotFound
        : row.Token == token ? EndStep.Write
        : EndStep.Fenced;

    // When a row is forgotten its token is too. With the time for a beginning the tokens of a key go on rising.
    private static long FirstToken(DateTimeOffset now) => now.ToUnixTimeMilliseconds();
}

/// <summary>A request to claim an effect.</summary>
/// <param name="Attempt">Only this request has it.</param>
internal sealed record ClaimRequest(string Attempt, string Holder, TimeSpan Lease, TimeSpan Retention)
{
    public EffectRow Row(long token, DateTimeOffset now)
    {
        var lease = EffectProtocol.LeaseFrom(now, Lease);
        return new EffectRow(token, EffectStage.Claimed, Attempt, Holder, lease, lease + Retention);
    }

    /// <summary>Whether enough is left of the lease to begin with; not where storage was slow, or this process stood still.</summary>
    public bool IsMet(EffectRow row, DateTimeOffset now) => row.Lease - now >= Lease / 2;
}
