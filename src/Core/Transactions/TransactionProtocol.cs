using System.Globalization;
using Serverless.Core.Transactions.Rows;

namespace Serverless.Core.Transactions;

/// <summary>What a request makes of a transactional id's row: pure, and so the same whoever decides it.</summary>
/// <remarks>
/// Upholds <b>one decision</b> and <b>no leak into the next transaction</b>: nothing leaves PrepareCommit or PrepareAbort but to the
/// matching Complete, and a step that names its epoch is taken in that transaction or not at all.
/// </remarks>
internal static class TransactionProtocol
{
    /// <param name="newId">A producer id that was never used; asked for where <see cref="NeedsId"/> says so.</param>
    public static Move<TransactionInstance> Init(
        string transactionalId, TransactionRow? row, TimeSpan timeout, long? newId, TransactionOptions options)
    {
        switch (row?.State)
        {
            case TransactionState.Ongoing:
                // From here on the old instance is fenced, so that it cannot begin again in between.
                return Move<TransactionInstance>.Through(row.Decide(commit: false) with { Standing = InstanceStanding.Fenced });
            case TransactionState.PrepareCommit or TransactionState.PrepareAbort:
                return Move<TransactionInstance>.FinishFirst;
        }

        var next = NeedsId(row, options)
            ? new TransactionRow(transactionalId, newId!.Value, 0) { Stamps = row?.Stamps ?? "" }
            : row! with { ProducerEpoch = checked((short)(row.ProducerEpoch + 1)) };
        next = next with
        {
            Instance = string.Create(CultureInfo.InvariantCulture, $"{next.ProducerId}-{next.ProducerEpoch}"),
            Standing = InstanceStanding.Live,
            State = TransactionState.Empty,
            Timeout = timeout,
            Outcomes = [],
        };
        return Move<TransactionInstance>.To(next, InstanceOf(next));
    }

    /// <summary>Whether the next instance, or the next transaction, takes a new producer id.</summary>
    public static bool NeedsId(TransactionRow? row, TransactionOptions options) =>
        row is null || row.NeedsNewId || row.ProducerEpoch >= options.EpochMax;

    public static Move<TransactionInstance> Begin(TransactionRow? row, TransactionStep step, DateTimeOffset now)
    {
        if (Refused<TransactionInstance>(row, step.Instance) is { } refused)
        {
            return refused;
        }

        if (row!.IsDecided)
        {
            return Move<TransactionInstance>.FinishFirst;
        }

        if (step.Epoch is { } epoch && epoch != row.ProducerEpoch)
        {
            return Move<TransactionInstance>.Refused(
                ErrorCode.InvalidTxnState, $"The instance's transaction has epoch {row.ProducerEpoch}, not {epoch}.");
        }

        if (row.State != TransactionState.Ongoing)
        {
            var next = row with { State = TransactionState.Ongoing, StartedAt = now };
            return Move<TransactionInstance>.To(next, InstanceOf(next));
        }

        return row.Partitions.IsEmpty && row.Groups.IsEmpty
            ? Move<TransactionInstance>.Done(InstanceOf(row))
            : Move<TransactionInstance>.Refused(ErrorCode.InvalidTxnState, "A transaction is open and has records or offsets already.");
    }

    /// <summary>Whether something may be added to the transaction; enters where it goes before it is there.</summary>
    /// <param name="transaction">The one to add to; null where the instance's present one is meant.</param>
    public static Move<TransactionKey> Add(
        TransactionRow? row, TransactionStep step, TransactionKey? transaction, IReadOnlyCollection<RegisteredPartition> partitions,
        string? group, TransactionOptions options)
    {
        if (Refused<TransactionKey>(row, step.Instance) is { } refused)
        {
            return refused;
        }

        if (row!.State != TransactionState.Ongoing || (step.Epoch ?? row.ProducerEpoch) != row.ProducerEpoch
            || (transaction ?? row.Present) != row.Present)
        {
            return Move<TransactionKey>.Refused(ErrorCode.InvalidTxnState, NotOpen(row, transaction?.ProducerEpoch ?? step.Epoch));
        }

        var next = row with
        {
            Partitions = row.Partitions.Union(partitions),
            Groups = group is null ? row.Groups : row.Groups.Add(group),
        };
        if (next.Partitions.Count > options.PartitionsMax || next.Groups.Count > options.GroupsMax)
        {
            return Move<TransactionKey>.Refused(
                ErrorCode.PolicyViolation,
                $"A transaction has at most {options.PartitionsMax} partitions and offsets of {options.GroupsMax} groups.");
        }

        return next.Partitions.Count == row.Partitions.Count && next.Groups.Count == row.Groups.Count
            ? Move<TransactionKey>.Done(row.Present)
            : Move<TransactionKey>.To(next, row.Present);
    }

    public static Move<bool> End(TransactionRow? row, TransactionStep step, bool commit)
    {
        if (Refused<bool>(row, step.Instance) is { } refused)
        {
            return refused;
        }

        var isPresent = (step.Epoch ?? row!.ProducerEpoch) == row!.ProducerEpoch;
        if (row.State == TransactionState.Ongoing && isPresent)
        {
            return Move<bool>.To(row.Decide(commit), true);
        }

        if (row.IsDecided)
        {
            return Move<bool>.FinishFirst;
        }

        var isOver = row.State is TransactionState.CompleteCommit or TransactionState.CompleteAbort;
        var outcome = step.Epoch is { } epoch ? row.OutcomeOf(epoch)
            : isOver ? row.State == TransactionState.CompleteCommit
            : (bool?)null;
        return outcome == commit ? Move<bool>.Done(true)
            : Move<bool>.Refused(
                ErrorCode.InvalidTxnState,
                outcome is { } other ? $"The transaction was {(other ? "committed" : "aborted")}." : NotOpen(row, step.Epoch));
    }

    /// <summary>Aborts what is open, if it is the named transaction where one is named.</summary>
    public static Move<bool> Abort(TransactionRow? row, TransactionKey? transaction, bool loseId) => row switch
    {
        null => Move<bool>.Refused(ErrorCode.UnknownProducerId, "The transactional id is not known; it may have expired."),
        { IsDecided: true } => Move<bool>.FinishFirst,
        { State: TransactionState.Ongoing } when (transaction ?? row.Present) == row.Present => Move<bool>.To(
            row.Decide(commit: false) with
            {
                NeedsNewId = row.NeedsNewId || loseId,
                Standing = loseId ? InstanceStanding.Closed : row.Standing,
            },
            true),
        _ => Move<bool>.Done(false),
    };

    public static Move<bool> Close(TransactionRow? row, string instance) =>
        Refused<bool>(row, instance) is { } refused ? refused
        : row!.IsDecided ? Move<bool>.FinishFirst
        : Move<bool>.To(
            (row.State == TransactionState.Ongoing ? row.Decide(commit: false) : row) with { Standing = InstanceStanding.Closed }, true);

    /// <summary>Whether the instance is the one that came last, and still is one.</summary>
    public static ErrorCode StandingOf(TransactionRow? row, string instance) =>
        row is null ? ErrorCode.UnknownProducerId
        : row.Instance == instance ? row.Standing switch
        {
            InstanceStanding.Live => ErrorCode.None,
            InstanceStanding.Fenced => ErrorCode.ProducerFenced,
            _ => ErrorCode.UnknownProducerId,
        }
        : IsOlder(instance, row.Instance) ? ErrorCode.ProducerFenced
        : ErrorCode.UnknownProducerId;

    private static Move<T>? Refused<T>(TransactionRow? row, string instance) => StandingOf(row, instance) switch
    {
        ErrorCode.None => null,
        ErrorCode.ProducerFenced => Move<T>.Refused(
            ErrorCode.ProducerFenced, "There is a newer instance of the transactional id, and so this one may do no more."),
        var error => Move<T>.Refused(error, "The instance of the transactional id is not known; it was closed, or has expired."),
    };

    // Producer ids are not in the order of time; of another one every name that can be was older.
    private static bool IsOlder(string instance, string present) =>
        Parse(instance) is { } other && Parse(present) is { } last && (other.Id != last.Id || other.Epoch < last.Epoch);

    private static (long Id, short Epoch)? Parse(string instance)
    {
        var dash = instance.IndexOf('-', StringComparison.Ordinal);
        return dash > 0
            && long.TryParse(instance.AsSpan(0, dash), NumberStyles.None, CultureInfo.InvariantCulture, out var id)
            && short.TryParse(instance.AsSpan(dash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var epoch)
                ? (id, epoch)
                : null;
    }

    private static string NotOpen(TransactionRow row, short? epoch) =>
        epoch is { } named && (named != row.ProducerEpoch || row.State == TransactionState.Ongoing)
            ? $"The transaction with epoch {named} is not open; the instance's present epoch is {row.ProducerEpoch}."
            : "The instance has no transaction open; the last one was ended, or its time was over.";

    private static TransactionInstance InstanceOf(TransactionRow row) => new(row.Instance, row.ProducerId, row.ProducerEpoch);
}
