using Serverless.Core.Groups.Rows;
using Serverless.Core.Transactions;

namespace Serverless.Core.Groups;

/// <summary>How the transactions of waiting offsets ended, as far as one request has asked.</summary>
internal sealed class PendingFates(TransactionOutcomes outcomes)
{
    // What is decided stays so; of what is not, it is asked again each time.
    private readonly Dictionary<TransactionKey, PendingFate> _decided = [];

    /// <summary>Asks for the transactions of rows in hand: one call each, and none where nothing waits.</summary>
    public async ValueTask AskAsync(IEnumerable<PartitionRow?> rows, CancellationToken cancellationToken)
    {
        var transactions = rows.Select(row => row?.Pending?.Transaction).OfType<TransactionKey>().Distinct()
            .Where(transaction => !_decided.ContainsKey(transaction)).ToList();
        foreach (var transaction in transactions)
        {
            if (await outcomes.OfAsync(transaction, cancellationToken) is var fate && fate != PendingFate.Undecided)
            {
                _decided[transaction] = fate;
            }
        }
    }

    /// <summary>The row without an offset that waits; null where one still does.</summary>
    public PartitionRow? Settled(PartitionRow row, DateTimeOffset now) =>
        row.Pending is not { } pending ? row
        : _decided.TryGetValue(pending.Transaction, out var fate) ? row.Settle(fate == PendingFate.Commit, now)
        : null;

    /// <summary>Asks, and enters what is decided in the draft, at most so many rows of it.</summary>
    public async ValueTask SettleAsync(
        GroupDraft draft, IEnumerable<TopicPartition> partitions, int most, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var rows = partitions.Distinct().Select(draft.Partition).Where(row => row?.Pending is not null).Take(most).ToList();
        await AskAsync(rows, cancellationToken);
        foreach (var row in rows)
        {
            if (Settled(row!, now) is { } settled)
            {
                draft.Put(settled);
            }
        }
    }
}
