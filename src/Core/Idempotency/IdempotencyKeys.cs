using Microsoft.Extensions.Logging;
using Serverless.Core.Log;
using Serverless.Core.Storage;
using Serverless.Core.Telemetry;

namespace Serverless.Core.Idempotency;

/// <summary>Requests with an idempotency key: one row each, written before anything is done and once more with the answer.</summary>
/// <remarks>
/// Upholds <b>same key, same answer</b>. The row alone does not keep records from being stored twice, as an attempt may wake up after its
/// lease: the log does, by the hash that batches carry. The row says where to look for it. It is written before records go there, so
/// an attempt that lost its row to another can store nothing where that one does not look.
/// </remarks>
public sealed partial class IdempotencyKeys(
    IRowStore rows, TimeProvider clock, IIdSource ids, IdempotencyOptions options, ILogger<IdempotencyKeys> logger,
    LogMetrics? watch = null)
{
    private readonly ServedClock _served = new(clock);
    private readonly LogMetrics _metrics = watch ?? LogMetrics.None;

    /// <summary>Begins the request, or tells what became of it. One table call where the key is new.</summary>
    public async ValueTask<KeyAnswer> BeginAsync(KeyedRequest request, StartOf start, CancellationToken cancellationToken)
    {
        var key = KeyRowCodec.KeyOf(request.Id);
        var attempt = ids.NewId();
        var isNew = true;
        for (var tries = 0; tries < options.AttemptsMax; tries++)
        {
            // Most keys are new, so the row is looked up only where it is there, or the service's clock is not known yet.
            var (stored, now) = isNew && _served.Now is { } known ? (null, known) : await ReadAsync(key, cancellationToken);
            var row = stored is null ? null : KeyRowCodec.Decode(stored);
            if (row?.Attempt == attempt)
            {
                return new KeyAnswer.Begun(new KeyAttempt(request, row, stored!.ETag));
            }

            switch (IdempotencyProtocol.Decide(row, request.Fingerprint.Span, now))
            {
                case IdempotencyProtocol.Step.Refuse:
                    return new KeyAnswer.Reused();
                case IdempotencyProtocol.Step.Replay:
                    _metrics.RequestReplayed();
                    return new KeyAnswer.Answered(row!.Reply!, row.ExpiresAt);
                case IdempotencyProtocol.Step.Wait:
                    return new KeyAnswer.Running(row!.Lease - now);
                case IdempotencyProtocol.Step.TakeOver:
                    TookOver(request.Id, row!.State);
                    break;
                default:
                    row = new KeyRow(request.Fingerprint, ids.NewId(), attempt, KeyState.Running, now, now + options.Retention);
                    break;
            }

            var hash = KeyAttempt.HashOf(request, row.RequestId);
            var next = row with
            {
                Attempt = attempt, State = KeyState.Running, Lease = now + options.Lease, Start = await start(hash, row.Start),
            };
            var result = await SubmitAsync(key, next, stored?.ETag, cancellationToken);
            if (result.Outcome == SubmitOutcome.Committed)
            {
                return new KeyAnswer.Begun(new KeyAttempt(request, next, result.ETags[0]!));
            }

            isNew = false;
        }

        throw new StorageException("An idempotency key is asked for by too many at once.", retriable: true);
    }

    /// <summary>Writes down another topic for the records, before they go there; false when another attempt has taken over.</summary>
    public ValueTask<bool> RestartAsync(KeyAttempt attempt, ProduceStart start, CancellationToken cancellationToken) =>
        ReplaceAsync(attempt, attempt.Row with { Start = start }, cancellationToken);

    /// <summary>Keeps the answer. Where it cannot be kept, a repetition comes to it again.</summary>
    public async ValueTask FinishAsync(KeyAttempt attempt, StoredReply reply, CancellationToken cancellationToken)
    {
        var done = attempt.Row with { State = KeyState.Done, Start = null, Reply = reply };
        var fits = KeyRowCodec.Encode(done) is not null;
        await TryReplaceAsync(attempt, fits ? done : attempt.Row with { State = KeyState.Abandoned }, cancellationToken);
    }

    /// <summary>Lets the next attempt begin at once: this one came to nothing final.</summary>
    public ValueTask AbandonAsync(KeyAttempt attempt, CancellationToken cancellationToken) =>
        TryReplaceAsync(attempt, attempt.Row with { State = KeyState.Abandoned }, cancellationToken);

    // The answer is true whether it is kept or not: the next attempt finds what this one did.
    private async ValueTask TryReplaceAsync(KeyAttempt attempt, KeyRow next, CancellationToken cancellationToken)
    {
        try
        {
            await ReplaceAsync(attempt, next, cancellationToken);
        }
        catch (Exception failed) when (failed is StorageException or OperationCanceledException)
        {
            NotKept(failed, attempt.Request.Id);
        }
    }

    private async ValueTask<bool> ReplaceAsync(KeyAttempt attempt, KeyRow next, CancellationToken cancellationToken)
    {
        var key = KeyRowCodec.KeyOf(attempt.Request.Id);
        for (var tries = 0; tries < options.AttemptsMax; tries++)
        {
            var result = await SubmitAsync(key, next, attempt.ETag, cancellationToken);
            if (result.Outcome == SubmitOutcome.Committed)
            {
                (attempt.Row, attempt.ETag) = (next, result.ETags[0]!);
                return true;
            }

            var (stored, _) = await ReadAsync(key, cancellationToken);
            if (stored is null || KeyRowCodec.Decode(stored).Attempt != attempt.Row.Attempt)
            {
                return false;
            }

            // Ours still: either as it was, and then it is tried again, or as it is to be; once more does no harm.
            attempt.ETag = stored.ETag;
        }

        throw new StorageException("Whether the row of an idempotency key was changed is unknown.", retriable: true);
    }

    private async ValueTask<(StoredRow? Row, DateTimeOffset ServedAt)> ReadAsync(RowKey key, CancellationToken cancellationToken)
    {
        var read = await rows.GetAsync(Layout.IdempotencyTable, key, cancellationToken);
        return (read.Row, _served.Note(read.ServedAt));
    }

    private async ValueTask<SubmitResult> SubmitAsync(RowKey key, KeyRow row, string? etag, CancellationToken cancellationToken)
    {
        var columns = KeyRowCodec.Encode(row)!;
        var action = etag is null ? RowAction.Insert(key.Row, columns) : RowAction.Replace(key.Row, columns, etag);
        var result = await rows.SubmitAsync(Layout.IdempotencyTable, key.Partition, [action], cancellationToken);
        _served.Note(result.ServedAt);
        return result;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Went on with request {RequestId}, whose last attempt was {State}.")]
    private partial void TookOver(string requestId, KeyState state);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The end of an attempt at request {RequestId} was not kept.")]
    private partial void NotKept(Exception exception, string requestId);
}
