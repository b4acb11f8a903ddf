using Serverless.Core.Transactions.Rows;

namespace Serverless.Core.Transactions;

/// <summary>What is to become of an offset that waits for its transaction.</summary>
internal enum PendingFate
{
    /// <summary>It is not decided yet: whoever needs the partition waits.</summary>
    Undecided,

    /// <summary>It counts.</summary>
    Commit,

    /// <summary>It never will count.</summary>
    Drop,
}

/// <summary>How transactions ended, as their rows have it, for whoever finds what they left. One whose time is over is aborted here.</summary>
internal sealed class TransactionOutcomes(TransactionRows rows)
{
    /// <summary>The fate of an offset that was seen in its row before this is asked.</summary>
    /// <remarks>
    /// A row says Complete only after all groups that it names were settled. So what is found of such a transaction came too late, by a
    /// request that had been standing still, and counts as never added: nobody was told that it was.
    /// </remarks>
    public async ValueTask<PendingFate> OfAsync(TransactionKey transaction, CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < rows.Options.AttemptsMax; attempt++)
        {
            var stored = await rows.ReadAsync(transaction.TransactionalId, cancellationToken);
            if (FateOf(stored.Row, transaction) is var fate && fate != PendingFate.Undecided)
            {
                return fate;
            }

            if (!stored.Row!.IsOverdue(stored.ServedAt))
            {
                return PendingFate.Undecided;
            }

            // Only the decision: the markers are left to the sweep, as nobody here waits for them.
            await rows.SubmitAsync(stored, stored.Row.Decide(commit: false), cancellationToken);
        }

        return PendingFate.Undecided;
    }

    private static PendingFate FateOf(TransactionRow? row, TransactionKey transaction) => row switch
    {
        { State: TransactionState.Ongoing } when row.Present == transaction => PendingFate.Undecided,
        { State: TransactionState.PrepareCommit } when row.Decided == transaction => PendingFate.Commit,
        _ => PendingFate.Drop,
    };
}
