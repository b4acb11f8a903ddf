using Microsoft.Extensions.Logging;
using Serverless.Core.Groups;
using Serverless.Core.Log;
using Serverless.Core.Storage;
using Serverless.Core.Telemetry;
using Serverless.Core.Topics;
using Serverless.Core.Transactions.Rows;

namespace Serverless.Core.Transactions;

/// <summary>Transactions on rows: no process owns one, and each request may meet another process.</summary>
/// <remarks>
/// This part has what all requests share, and those that change an instance or its transaction as a whole. Requests of one
/// transactional id that change its row go through one at a time within a process; between processes the row's ETag decides.
/// An answer that needs no change is never given on a row that is only remembered.
/// </remarks>
public sealed partial class TransactionCoordinator : ITransactions
{
    private readonly KeyedGate _gates = new();
    private readonly ITopicCatalog _topics;
    private readonly Producer _producer;
    private readonly IPendingOffsets _offsets;
    private readonly IProducerIds _ids;
    private readonly TransactionOptions _options;
    private readonly ILogger<TransactionCoordinator> _logger;
    private readonly TransactionRows _rows;
    private readonly TransactionFinish _finish;
    private readonly TransactionalIdCount _count;

    public TransactionCoordinator(
        IRowStore store, ITopicCatalog topics, IPartitionLogs logs, Producer producer, IPendingOffsets offsets, IProducerIds producerIds,
        TimeProvider clock, Random random, IIdSource ids, TransactionOptions options, ILogger<TransactionCoordinator> logger,
        LogMetrics? watch = null)
    {
        _topics = topics;
        _producer = producer;
        _offsets = offsets;
        _ids = producerIds;
        _options = options;
        _logger = logger;
        _rows = new TransactionRows(store, ids, clock, random, options, watch);
        _count = new TransactionalIdCount(store, clock, options);
        _finish = new TransactionFinish(_rows, logs, offsets, producerIds);
    }

    public async ValueTask<TransactionAnswer<TransactionInstance>> InitAsync(
        string transactionalId, TimeSpan? timeout, CancellationToken cancellationToken)
    {
        var chosen = timeout ?? _options.TimeoutDefault;
        if (chosen < TimeSpan.FromMilliseconds(1) || chosen > _options.TimeoutMax)
        {
            return new(
                ErrorCode.InvalidTransactionTimeout, default,
                $"A transaction may be open from 1 to {(long)_options.TimeoutMax.TotalMilliseconds} ms.");
        }

        using var one = await EnterAsync(transactionalId, cancellationToken);
        long? newId = null;
        var isNew = false;
        var (answer, _) = await DecideAsync<TransactionInstance>(
            transactionalId,
            async stored =>
            {
                isNew |= stored.Row is null;
                if (stored.Row is null && !await _count.HasRoomAsync(cancellationToken))
                {
                    return Move<TransactionInstance>.Refused(
                        ErrorCode.PolicyViolation, $"There are at most {_options.IdsMax} transactional ids.");
                }

                if (newId is null && TransactionProtocol.NeedsId(stored.Row, _options))
                {
                    newId = await _ids.NewForTransactionsAsync(cancellationToken);
                }

                return TransactionProtocol.Init(transactionalId, stored.Row, chosen, newId, _options);
            },
            cancellationToken);
        if (answer.Value is { } instance)
        {
            InstanceBegun(transactionalId, instance.InstanceId);
            if (isNew)
            {
                _count.Made();
            }
        }

        return answer;
    }

    public async ValueTask<TransactionAnswer<TransactionInstance>> BeginAsync(
        TransactionStep step, CancellationToken cancellationToken)
    {
        using var one = await EnterAsync(step.TransactionalId, cancellationToken);
        var (answer, _) = await DecideAsync(
            step.TransactionalId, stored => TransactionProtocol.Begin(stored.Row, step, _rows.Now(stored)), cancellationToken);
        return answer;
    }

    public async ValueTask<TransactionAnswer<bool>> EndAsync(TransactionStep step, bool commit, CancellationToken cancellationToken)
    {
        var (answer, row) = await DecideAndFinishAsync(
            step.TransactionalId, stored => TransactionProtocol.End(stored.Row, step, commit), cancellationToken);
        return answer.Error == ErrorCode.None && row?.Instance == step.Instance
            ? answer with { ProducerEpoch = row.ProducerEpoch }
            : answer;
    }

    public async ValueTask<TransactionAnswer<bool>> CloseAsync(
        string transactionalId, string instance, CancellationToken cancellationToken) =>
        (await DecideAndFinishAsync(
            transactionalId, stored => TransactionProtocol.Close(stored.Row, instance), cancellationToken)).Answer;

    public async ValueTask<TransactionAnswer<bool>> AbortAsync(string transactionalId, CancellationToken cancellationToken) =>
        (await DecideAndFinishAsync(
            transactionalId, stored => TransactionProtocol.Abort(stored.Row, null, loseId: false), cancellationToken)).Answer;

    /// <summary>A decision that may be one of a transaction; then it is answered when that is finished. With the row after it.</summary>
    private async ValueTask<(TransactionAnswer<bool> Answer, TransactionRow? Row)> DecideAndFinishAsync(
        string transactionalId, Func<StoredTransaction, Move<bool>> decide, CancellationToken cancellationToken)
    {
        using var one = await EnterAsync(transactionalId, cancellationToken);
        var (answer, stored) = await DecideAsync(transactionalId, decide, cancellationToken);
        if (answer.Error == ErrorCode.None && stored.Row is { IsDecided: true })
        {
            stored = await _finish.FinishAsync(stored, cancellationToken);
        }

        return (answer, stored.Row);
    }

    private ValueTask<(TransactionAnswer<T> Answer, StoredTransaction Stored)> DecideAsync<T>(
        string transactionalId, Func<StoredTransaction, Move<T>> decide, CancellationToken cancellationToken, bool fresh = false) =>
        DecideAsync<T>(transactionalId, stored => new(decide(stored)), cancellationToken, fresh);

    /// <summary>Decides on the row until an answer is true, and gives the row that it is true of.</summary>
    private async ValueTask<(TransactionAnswer<T> Answer, StoredTransaction Stored)> DecideAsync<T>(
        string transactionalId, Func<StoredTransaction, ValueTask<Move<T>>> decide, CancellationToken cancellationToken,
        bool fresh = false)
    {
        var request = new TransactionRequest<T>(_rows, transactionalId);
        while (true)
        {
            var (stored, isFresh) = await request.StateAsync(fresh, cancellationToken);
            fresh = false;
            var move = await decide(stored);
            switch (move.Kind)
            {
                case MoveKind.Finish when !isFresh:
                case MoveKind.Answer when !isFresh:
                    fresh = true;
                    continue;
                case MoveKind.Finish:
                    request.GoOn(await _finish.FinishAsync(stored, cancellationToken));
                    continue;
                case MoveKind.Answer when request.IsSettled:
                    return (move.Answer, stored);
                case MoveKind.Answer when stored.Row is null:
                    throw new StorageException(
                        $"Whether transactional id {transactionalId} comes into being is not known yet.", retriable: true);
                case MoveKind.Answer:
                    // What was sent last may still arrive: it conflicts with this.
                    move = move with { Kind = MoveKind.Change, Row = stored.Row };
                    break;
            }

            if (await request.SubmitAsync(stored, move, cancellationToken) is { Move.Kind: MoveKind.Change } settled)
            {
                return (settled.Move.Answer, settled.Stored);
            }
        }
    }

    private ValueTask<KeyedGate.Pass> EnterAsync(string transactionalId, CancellationToken cancellationToken) =>
        _gates.EnterAsync(transactionalId, cancellationToken);

    [LoggerMessage(Level = LogLevel.Information, Message = "Transactional id {TransactionalId} has the new instance {Instance}.")]
    private partial void InstanceBegun(string transactionalId, string instance);
}
