using Serverless.Core.Transactions;

namespace Serverless.Core.Groups;

/// <summary>Offsets that wait in a group's rows until their transaction is decided.</summary>
public interface IPendingOffsets
{
    /// <summary>Adds offsets of an open transaction, all or none, in place of earlier ones of the same transaction.</summary>
    /// <param name="consumer">Whose offsets they are: it must own the partitions, as for a commit. Null where no instance is told.</param>
    /// <param name="isOpen">
    /// Asked each time with the rows in hand and before they are written: an error where the transaction is not open, or may not have
    /// offsets in this group. So offsets that land late, after the decision, land on rows that have not moved since it was open.
    /// </param>
    /// <remarks>
    /// Errors: that of <paramref name="isOpen"/>; those of <see cref="IConsumerGroups.CommitAsync"/>; UnstableOffsetCommit where another
    /// transaction has offsets of a partition and is not decided; InvalidRequest where this one has a higher offset already.
    /// </remarks>
    ValueTask<GroupAnswer> AddAsync(
        string group, string? consumer, TransactionKey transaction, IReadOnlyList<GroupOffset> offsets,
        Func<CancellationToken, ValueTask<GroupAnswer>> isOpen, CancellationToken cancellationToken);

    /// <summary>Commits or drops what a decided transaction has in the group; nothing where that was done already.</summary>
    ValueTask SettleAsync(string group, TransactionKey transaction, bool commit, CancellationToken cancellationToken);
}
