using Serverless.Core.Groups;
using Serverless.Core.Log;
using Serverless.Core.Topics;

namespace Serverless.Core.Transactions;

/// <summary>Transactions over topics and committed offsets: all of one counts, or nothing of it (KIP-98, KIP-447, KIP-890).</summary>
/// <remarks>
/// <para>
/// An instance is one incarnation of the transactional id's program: <c>{producerId}-{epoch}</c> as <see cref="InitAsync"/> gave it.
/// Each transaction has an epoch of its own (KIP-890); a step that names it (<c>epoch</c> not null) is only ever taken in that
/// transaction, however late it arrives.
/// </para>
/// <para>
/// Errors: UnknownProducerId (the transactional id or instance is not known, or expired), ProducerFenced (a newer instance exists),
/// InvalidTxnState (the step does not fit the state, or names another transaction). Storage failures throw
/// <see cref="Storage.StorageException"/>: retriable, and it may have taken effect.
/// </para>
/// </remarks>
public interface ITransactions
{
    /// <summary>Begins a new incarnation: fences all older ones and decides what they left open before it answers.</summary>
    /// <param name="timeout">How long a transaction may be open; null is the default. Error: InvalidTransactionTimeout above the limit.</param>
    ValueTask<TransactionAnswer<TransactionInstance>> InitAsync(
        string transactionalId, TimeSpan? timeout, CancellationToken cancellationToken);

    /// <summary>Opens a transaction; again while nothing was added, it is the same one.</summary>
    ValueTask<TransactionAnswer<TransactionInstance>> BeginAsync(TransactionStep step, CancellationToken cancellationToken);

    /// <summary>Appends records as part of the transaction; their partitions are registered with it first.</summary>
    /// <remarks>
    /// No storage call but the appends where the step names its epoch and this process knows it to have the partitions. An
    /// UnknownProducerId may also mean that a partition has forgotten the producer: the transaction is aborted and the instance at its
    /// end, and the next one has another producer id. PolicyViolation: the transaction has too many partitions.
    /// </remarks>
    ValueTask<TransactionAnswer<ProduceOutcome[]>> ProduceAsync(
        TransactionStep step, Topic topic, IReadOnlyList<ProduceRecord> records, RequestKey? key, CancellationToken cancellationToken);

    /// <summary>Adds committed offsets of a group, which count from the moment the transaction commits.</summary>
    /// <param name="consumer">The consumer instance that the offsets are of: it must own the partitions, as for a plain commit. Null:
    /// whoever asks; refused where a consumer with <c>delivery.mode</c> <c>exactly_once</c> owns one, or one was not delivered so far.</param>
    /// <remarks>
    /// Errors besides: those of <see cref="IConsumerGroups.CommitAsync"/>; UnstableOffsetCommit where another transaction that is not
    /// decided has offsets of the same partition; InvalidRequest where this one has a higher offset of it; PolicyViolation when the
    /// transaction has too many groups.
    /// </remarks>
    ValueTask<TransactionAnswer<bool>> AddOffsetsAsync(
        TransactionStep step, string group, string? consumer, IReadOnlyList<GroupOffset> offsets, CancellationToken cancellationToken);

    /// <summary>Commits or aborts; again, it is the same answer. Once it was decided it never changes.</summary>
    ValueTask<TransactionAnswer<bool>> EndAsync(TransactionStep step, bool commit, CancellationToken cancellationToken);

    /// <summary>The state of an instance; Fenced where a newer one exists.</summary>
    ValueTask<TransactionAnswer<TransactionDescription>> DescribeAsync(
        string transactionalId, string instance, CancellationToken cancellationToken);

    /// <summary>Ends the instance; what it has open is aborted.</summary>
    ValueTask<TransactionAnswer<bool>> CloseAsync(string transactionalId, string instance, CancellationToken cancellationToken);

    /// <summary>All transactional ids, by name, a page at a time.</summary>
    ValueTask<TransactionPage> ListAsync(string? after, int take, CancellationToken cancellationToken);

    /// <summary>Null where the transactional id is not known.</summary>
    ValueTask<TransactionDescription?> FindAsync(string transactionalId, CancellationToken cancellationToken);

    /// <summary>
    /// Aborts what is open, whoever has it open, and fences that instance's transaction (KIP-664). The value says whether anything was;
    /// the instance may begin anew. Error: UnknownProducerId.
    /// </summary>
    ValueTask<TransactionAnswer<bool>> AbortAsync(string transactionalId, CancellationToken cancellationToken);

    /// <summary>Aborts what is past its timeout, finishes what is decided, forgets what has expired; true when there is more.</summary>
    ValueTask<bool> SweepAsync(CancellationToken cancellationToken);
}

/// <summary>Who takes a step, and in which transaction: null is the instance's present one.</summary>
public sealed record TransactionStep(string TransactionalId, string Instance, short? Epoch = null);

/// <summary>An incarnation. <c>ProducerEpoch</c> is that of its present transaction, or of its next.</summary>
public sealed record TransactionInstance(string InstanceId, long ProducerId, short ProducerEpoch);

/// <summary>An answer, or why there is none.</summary>
/// <param name="ProducerEpoch">What <see cref="ITransactions.EndAsync"/> tells besides: the epoch of the instance's next transaction.</param>
public readonly record struct TransactionAnswer<T>(
    ErrorCode Error, T? Value = default, string? Message = null, short? ProducerEpoch = null);

public enum TransactionState
{
    /// <summary>Nothing was begun since the instance came.</summary>
    Empty,
    Ongoing,

    /// <summary>Committed, and markers or offsets are still being written.</summary>
    PrepareCommit,

    /// <summary>Aborted, and markers are still being written.</summary>
    PrepareAbort,
    CompleteCommit,
    CompleteAbort,

    /// <summary>Of an instance only: a newer one exists.</summary>
    Fenced,
}

/// <summary>A transactional id as it is.</summary>
/// <param name="ExpiresAt">When the open transaction is aborted by its timeout; null when none is open.</param>
public sealed record TransactionDescription(
    string TransactionalId, string InstanceId, long ProducerId, short ProducerEpoch, TransactionState State, TimeSpan Timeout,
    IReadOnlyList<TopicPartition> Partitions, IReadOnlyList<string> Groups, DateTimeOffset? StartedAt, DateTimeOffset? ExpiresAt);

public sealed record TransactionPage(IReadOnlyList<TransactionDescription> Transactions, bool More);
