using Microsoft.Extensions.Logging;
using Serverless.Core.Storage;
using Serverless.Core.Transactions.Rows;

namespace Serverless.Core.Transactions;

/// <content>What nobody asks for any more. Bounded, idempotent, and safe beside itself.</content>
public sealed partial class TransactionCoordinator
{
    // Where the last page ended; only this process's memory, as every page may be done twice.
    private int _sweptShards;
    private string? _sweptTo;

    // Counted in the walk that is under way; one that did not begin at the beginning counts nothing.
    private int? _open;

    public async ValueTask<bool> SweepAsync(CancellationToken cancellationToken)
    {
        _open = _sweptTo is null && _sweptShards == 0 ? 0 : _open;
        var query = new RowQuery(TransactionRow.AllShards.ElementAt(_sweptShards), Take: _options.SweepRowsMax);
        var page = await _rows.Store.QueryAsync(
            Layout.TransactionsTable, _sweptTo is { } behind ? query.Behind(behind) : query, cancellationToken);
        _sweptTo = page.More && page.Rows.Count > 0 ? page.Rows[^1].Key.Row : null;
        if (_sweptTo is null)
        {
            _sweptShards = (_sweptShards + 1) % TransactionRow.AllShards.Count();
        }

        var isOver = _sweptTo is null && _sweptShards == 0;
        foreach (var stored in page.Rows)
        {
            var row = TransactionRowCodec.Decode(stored);
            _open += row.State == TransactionState.Ongoing ? 1 : 0;
            try
            {
                await SweepAsync(row, stored, page.ServedAt, cancellationToken);
            }
            catch (Exception e) when (e is StorageException or CorruptLogException)
            {
                // The others must not wait for this one; the next sweep comes by again.
                SweepFailed(row.TransactionalId, e);
            }
        }

        if (isOver && _open is { } open)
        {
            _rows.Metrics.OpenTransactions.Set(open, _rows.Clock);
        }

        return !isOver;
    }

    private async ValueTask SweepAsync(
        TransactionRow row, StoredRow stored, DateTimeOffset servedAt, CancellationToken cancellationToken)
    {
        if (row.IsOverdue(servedAt) || (row.IsDecided && servedAt - row.TouchedAt > _options.FinishGrace))
        {
            var (answer, _) = await DecideAndFinishAsync(
                row.TransactionalId,
                now => now.Row?.IsDecided == true || now.Row?.IsOverdue(servedAt) == true
                    ? TransactionProtocol.Abort(now.Row, null, loseId: false)
                    : Move<bool>.Done(false),
                cancellationToken);
            if (answer is { Error: ErrorCode.None, Value: true })
            {
                _rows.Metrics.TransactionTimedOut();
                TimedOut(row.TransactionalId, row.ProducerId, row.ProducerEpoch);
            }
        }
        else if (row.State != TransactionState.Ongoing && !row.IsDecided && servedAt - row.TouchedAt > _options.IdExpiration)
        {
            // Under its ETag: whoever uses it meanwhile keeps it.
            await _rows.Store.SubmitAsync(
                Layout.TransactionsTable, stored.Key.Partition, [RowAction.Delete(stored.Key.Row, stored.ETag)], cancellationToken);
        }
    }

    [LoggerMessage(Level = LogLevel.Information,
        Message = "Aborted the transaction of {TransactionalId} (producer {ProducerId}, epoch {ProducerEpoch}): its time was over.")]
    private partial void TimedOut(string transactionalId, long producerId, short producerEpoch);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The sweep left out transactional id {TransactionalId}.")]
    private partial void SweepFailed(string transactionalId, Exception exception);
}
