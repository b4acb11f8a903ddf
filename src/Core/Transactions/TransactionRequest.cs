using Serverless.Core.Storage;
using Serverless.Core.Storage.Rows;
using Serverless.Core.Transactions.Rows;

namespace Serverless.Core.Transactions;

/// <summary>The changes of one request: the one place where contention and lost replies are settled.</summary>
/// <remarks>
/// Each submission leaves its stamp in the row. After a conflict or an unknown outcome the row is read again: a stamp found there means
/// that this very submission took effect, and its answer counts; otherwise the request is decided anew. One that was lost may still
/// arrive: then it conflicts with what was decided after it, or that with it. So whoever answers without a change while something
/// is under way rewrites the row first.
/// </remarks>
internal sealed class TransactionRequest<T>(TransactionRows rows, string transactionalId)
{
    private readonly List<(string Stamp, Move<T> Move, StoredTransaction Before)> _unsettled = [];
    private StoredTransaction? _current;
    private int _attempts;

    /// <summary>The row to decide on, and whether this request read it itself.</summary>
    public async ValueTask<(StoredTransaction Stored, bool Fresh)> StateAsync(bool fresh, CancellationToken cancellationToken)
    {
        if (_current is { } read)
        {
            _current = null;
            return (read, true);
        }

        return !fresh && rows.Remembered(transactionalId) is { } remembered
            ? (remembered, false)
            : (await rows.ReadAsync(transactionalId, cancellationToken), true);
    }

    /// <summary>Goes on with a row as it was just read or written.</summary>
    public void GoOn(StoredTransaction stored) => _current = stored;

    /// <summary>Whether the answer may be given as it is: nothing that was sent can still make it untrue.</summary>
    public bool IsSettled => _unsettled.Count == 0;

    /// <summary>Makes a move that changes the row. What took effect, with the row after it; null where nothing did.</summary>
    /// <exception cref="StorageException">It gave up; retriable, and it may have taken effect.</exception>
    public async ValueTask<(Move<T> Move, StoredTransaction Stored)?> SubmitAsync(
        StoredTransaction former, Move<T> move, CancellationToken cancellationToken)
    {
        var stamp = rows.Ids.NewId();
        var next = move.Row! with { Stamps = Stamps.Add(former.Row?.Stamps ?? "", stamp) };
        var (outcome, stored) = await rows.SubmitAsync(former, next, cancellationToken);
        if (stored is not null)
        {
            return Settled(move, stored);
        }

        // A conflict may be with our own first delivery: the network may bring a request twice.
        _unsettled.Add((stamp, move, former));
        if (_attempts > 0 || outcome == SubmitOutcome.Unknown)
        {
            await rows.PauseAsync(_attempts, cancellationToken);
        }

        var current = _current = await rows.ReadAsync(transactionalId, cancellationToken);
        foreach (var (sent, settled, _) in _unsettled)
        {
            if (current.Row is { } row && Stamps.Holds(row.Stamps, sent))
            {
                return Settled(settled, current);
            }
        }

        if (outcome == SubmitOutcome.Conflict)
        {
            _unsettled.RemoveAt(_unsettled.Count - 1);
        }

        if (_unsettled.Any(lost => !WouldShow(current.Row, lost.Before.Row)))
        {
            throw new StorageException(
                $"Whether a request changed transactional id {transactionalId} is unknown: others have changed it too often since.", retriable: true);
        }

        return ++_attempts < rows.Options.AttemptsMax
            ? null
            : throw new StorageException(
                $"Transactional id {transactionalId} was changed by others at each of {_attempts} attempts.", retriable: true);
    }

    private (Move<T> Move, StoredTransaction Stored) Settled(Move<T> move, StoredTransaction stored)
    {
        _unsettled.Clear();
        _attempts = 0;
        _current = stored;
        return (move, stored);
    }

    // Only so many stamps are kept: one that is missing was not made where the row still tells what was last before it.
    private static bool WouldShow(TransactionRow? now, TransactionRow? before) =>
        now is null ? before is null : Stamps.TellAllSince(now.Stamps, before?.Stamps ?? "");
}
