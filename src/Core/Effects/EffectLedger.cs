using Microsoft.Extensions.Logging;
using Serverless.Core.Storage;

namespace Serverless.Core.Effects;

/// <summary>Effects outside of the log: each is claimed, done, and recorded, and who asks for it again gets the result.</summary>
/// <remarks>
/// Upholds <b>effect recorded once</b>. Exactly one result counts for a key, however many try; that the effect itself happens once nobody
/// can promise from here: who dies between it and the record leaves it to be done again when the lease is over. So what is outside should be
/// given the key, or the token, and refuse what it has seen. Leases are judged by the storage service's clock alone.
/// </remarks>
public sealed partial class EffectLedger(
    IRowStore rows, TimeProvider clock, IIdSource ids, EffectOptions options, ILogger<EffectLedger> logger)
{
    private readonly ServedClock _served = new(clock);
    private readonly RecentClaims _recent = new(options.ClaimsRememberedMax);

    /// <summary>Asks to do an effect. One table call where nobody has claimed it and the service's clock is known.</summary>
    /// <param name="holder">
    /// Who asks, so that it gets its own claim again while that lives: a name that no other process has. Null: each request is another's.
    /// </param>
    public async ValueTask<ClaimAnswer> ClaimAsync(
        string scope, string key, TimeSpan lease, string? holder, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(lease, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(lease, EffectOptions.LeaseMax);
        var at = EffectRowCodec.KeyOf(scope, key);
        var asked = new ClaimRequest(ids.NewId(), holder is null ? "" : KeyEncoding.Encode(holder), lease, options.Retention);
        var isNew = true;
        for (var tries = 0; tries < options.AttemptsMax; tries++)
        {
            // Most keys are new, so the row is looked up only where it is there, or the service's clock is not known yet.
            var (row, etag, now) = isNew && _served.Now is { } known ? (null, null, known) : await ReadRowAsync(at, cancellationToken);
            isNew = false;
            var (step, next) = EffectProtocol.Claim(row, asked, now);
            switch (step)
            {
                case EffectProtocol.ClaimStep.Replay:
                    return new ClaimAnswer.Done(next.Record!);
                case EffectProtocol.ClaimStep.Wait:
                    return new ClaimAnswer.Held(EffectProtocol.Rest(next, now));
                case EffectProtocol.ClaimStep.Own:
                    return Claimed(next, etag!);
                default:
                    break;
            }

            var result = await SubmitAsync(at, EffectRowCodec.Encode(scope, key, next), etag, cancellationToken);

            // A process that was frozen has a stopwatch that was too. What it then wrote may be over already, and is written again.
            if (result.Outcome == SubmitOutcome.Committed && asked.IsMet(next, result.ServedAt))
            {
                if (row is { Stage: EffectStage.Claimed } && row.Token != next.Token)
                {
                    TookOver(at.Row, row.Token, next.Token);
                }

                return Claimed(next, result.ETags[0]!);
            }
        }

        throw new StorageException("Whether an effect is claimed could not be found out.", retriable: true);

        ClaimAnswer.Claimed Claimed(EffectRow row, string etag)
        {
            _recent.Keep(at.Row, row, etag);
            return new ClaimAnswer.Claimed(new EffectClaim(scope, key, row.Token, row.Lease));
        }
    }

    /// <summary>Records the result of a claim's effect. One table call where this process gave the claim out, and two elsewhere.</summary>
    public async ValueTask<CompleteAnswer> CompleteAsync(
        string scope, string key, long token, ReadOnlyMemory<byte> result, string contentType, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(result.Length, EffectOptions.ResultBytesMax, nameof(result));
        var record = new EffectRecord(token, result.ToArray(), contentType, default);
        var (step, row) = await EndAsync(
            scope, key, token, (row, now) => EffectProtocol.Complete(row, record, options.Retention, now), cancellationToken);
        return step switch
        {
            EffectProtocol.EndStep.Settled => new CompleteAnswer.Done(row!.Record!),
            EffectProtocol.EndStep.Fenced => new CompleteAnswer.Fenced(),
            _ => new CompleteAnswer.NotFound(),
        };
    }

    /// <summary>Gives a claim up: its effect has not happened, and the next who asks may do it at once.</summary>
    public async ValueTask<ReleaseAnswer> ReleaseAsync(string scope, string key, long token, CancellationToken cancellationToken)
    {
        var (step, _) = await EndAsync(
            scope, key, token, (row, now) => EffectProtocol.Release(row, token, now), cancellationToken);
        return step switch
        {
            EffectProtocol.EndStep.Settled => ReleaseAnswer.Released,
            EffectProtocol.EndStep.Fenced => ReleaseAnswer.Fenced,
            _ => ReleaseAnswer.NotFound,
        };
    }

    /// <summary>What is known of a key; null where nobody claims it. One table call.</summary>
    public async ValueTask<EffectState?> ReadAsync(string scope, string key, CancellationToken cancellationToken)
    {
        var (row, _, now) = await ReadRowAsync(EffectRowCodec.KeyOf(scope, key), cancellationToken);
        return row switch
        {
            null => null,
            _ when row.IsExpired(now) => null,
            { Stage: EffectStage.Done } => new EffectState.Done(row.Record!),
            { Stage: EffectStage.Claimed } => new EffectState.Claimed(new EffectClaim(scope, key, row.Token, row.Lease)),
            _ => null,
        };
    }

    // Settled means that it is so, by this try or an earlier one.
    private async ValueTask<(EffectProtocol.EndStep Step, EffectRow? Row)> EndAsync(
        string scope, string key, long token, Func<EffectRow?, DateTimeOffset, (EffectProtocol.EndStep Step, EffectRow? Row)> decide,
        CancellationToken cancellationToken)
    {
        var at = EffectRowCodec.KeyOf(scope, key);
        var recent = _recent.Take(at.Row, token);
        for (var tries = 0; tries < options.AttemptsMax; tries++)
        {
            var (row, etag, now) = recent is { } known && _served.Now is { } time && !known.Row.IsExpired(time)
                ? (known.Row, known.ETag, time)
                : await ReadRowAsync(at, cancellationToken);
            recent = null;
            var (step, next) = decide(row, now);
            if (step != EffectProtocol.EndStep.Write)
            {
                return (step, next);
            }

            var result = await SubmitAsync(at, EffectRowCodec.Encode(scope, key, next!), etag, cancellationToken);
            if (result.Outcome == SubmitOutcome.Committed)
            {
                return (EffectProtocol.EndStep.Settled, next);
            }
        }

        throw new StorageException("What became of a claim could not be found out.", retriable: true);
    }

    private async ValueTask<(EffectRow? Row, string? ETag, DateTimeOffset Now)> ReadRowAsync(
        RowKey at, CancellationToken cancellationToken)
    {
        var read = await rows.GetAsync(Layout.EffectsTable, at, cancellationToken);
        var now = _served.Note(read.ServedAt);
        return read.Row is { } stored ? (EffectRowCodec.Decode(stored), stored.ETag, now) : (null, null, now);
    }

    private async ValueTask<SubmitResult> SubmitAsync(
        RowKey at, Dictionary<string, object> columns, string? etag, CancellationToken cancellationToken)
    {
        var action = etag is null ? RowAction.Insert(at.Row, columns) : RowAction.Replace(at.Row, columns, etag);
        var result = await rows.SubmitAsync(Layout.EffectsTable, at.Partition, [action], cancellationToken);
        _served.Note(result.ServedAt);
        return result;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Effect {Effect}: claim {Former} came to nothing, and {Token} took over.")]
    private partial void TookOver(string effect, long former, long token);
}
