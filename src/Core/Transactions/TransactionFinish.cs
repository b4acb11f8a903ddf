using Serverless.Core.Groups;
using Serverless.Core.Log;
using Serverless.Core.Storage;
using Serverless.Core.Transactions.Rows;

namespace Serverless.Core.Transactions;

/// <summary>What follows a decision: a marker in each partition, offsets in each group. Idempotent, and anybody may do it, more than once.</summary>
/// <remarks>
/// Upholds <b>all or nothing</b>. Only when all of it is done does the row say Complete, and only then may the next transaction begin. So
/// whoever is late with it finds it done: the logs by the marker's epoch, the groups by the offsets being gone, the row by its ETag.
/// </remarks>
internal sealed class TransactionFinish(
    TransactionRows rows, IPartitionLogs logs, IPendingOffsets offsets, IProducerIds ids)
{
    private const int MarkerAttemptsMax = 4;

    /// <summary>Finishes a decided transaction. The row when that is done, which may be another's doing.</summary>
    /// <exception cref="StorageException">Retriable: something of it is not done yet. The decision stands.</exception>
    public async ValueTask<StoredTransaction> FinishAsync(StoredTransaction stored, CancellationToken cancellationToken)
    {
        Invariant.Holds(stored.Row is { IsDecided: true });
        var decided = stored.Row.Decided;
        await FollowAsync(stored.Row, cancellationToken);
        for (var attempt = 0; attempt < rows.Options.AttemptsMax; attempt++)
        {
            var next = await NextAsync(stored.Row.Finish(), cancellationToken);
            var (outcome, finished) = await rows.SubmitAsync(stored, next, cancellationToken);
            if (finished is not null)
            {
                return finished;
            }

            if (outcome == SubmitOutcome.Unknown)
            {
                await rows.PauseAsync(attempt, cancellationToken);
            }

            stored = await rows.ReadAsync(stored.TransactionalId, cancellationToken);
            if (stored.Row is not { IsDecided: true } row || row.Decided != decided)
            {
                return stored;
            }
        }

        throw new StorageException($"The row of transactional id {stored.TransactionalId} could not be replaced.", retriable: true);
    }

    private async Task FollowAsync(TransactionRow row, CancellationToken cancellationToken)
    {
        var commit = row.State == TransactionState.PrepareCommit;
        var todo = row.Partitions
            .Select(partition => (Func<Task>)(() => MarkAsync(row, partition, commit, cancellationToken)))
            .Concat(row.Groups.Select(group => (Func<Task>)(
                () => offsets.SettleAsync(group, row.Decided, commit, cancellationToken).AsTask())));
        var failed = new List<Task>();
        foreach (var some in todo.Chunk(rows.Options.FinishedAtOnceMax))
        {
            // One that cannot be told must not keep the readers of all others waiting.
            var told = Task.WhenAll(some.Select(each => each()));
            await told.ConfigureAwait(ConfigureAwaitOptions.ContinueOnCapturedContext | ConfigureAwaitOptions.SuppressThrowing);
            if (!told.IsCompletedSuccessfully)
            {
                failed.Add(told);
                cancellationToken.ThrowIfCancellationRequested();
            }
        }

        await Task.WhenAll(failed);
    }

    private async Task MarkAsync(TransactionRow row, RegisteredPartition partition, bool commit, CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < MarkerAttemptsMax; attempt++)
        {
            var error = await logs.EndTransactionAsync(
                partition.TopicId, partition.Partition, row.ProducerId, row.ProducerEpoch, commit, cancellationToken);
            if (error is ErrorCode.None or ErrorCode.UnknownTopicOrPartition)
            {
                // A topic that is gone has nothing that anybody could read.
                return;
            }

            await rows.PauseAsync(attempt, cancellationToken);
        }

        throw new StorageException(
            $"The marker of a transaction could not be appended to {partition.Topic}-{partition.Partition}.", retriable: true);
    }

    // An instance may live through more transactions than there are epochs.
    private async ValueTask<TransactionRow> NextAsync(TransactionRow row, CancellationToken cancellationToken) =>
        row.ProducerEpoch < rows.Options.EpochMax || row.Standing != InstanceStanding.Live
            ? row
            : row with { ProducerId = await ids.NewForTransactionsAsync(cancellationToken), ProducerEpoch = 0 };
}
