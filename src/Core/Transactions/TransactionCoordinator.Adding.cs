using Microsoft.Extensions.Logging;
using Serverless.Core.Groups;
using Serverless.Core.Log;
using Serverless.Core.Storage;
using Serverless.Core.Topics;
using Serverless.Core.Transactions.Rows;

namespace Serverless.Core.Transactions;

/// <content>What goes into a transaction: records and offsets.</content>
/// <remarks>
/// Where something goes is in the row before it is there, so whoever finishes the transaction knows where to look. What comes after
/// that is fenced where it lands: by the marker's epoch in a log, by the group's rows in a group. A request belongs to the transaction
/// that it names, or to the one that the row has when it comes, and never changes over to another.
/// </remarks>
public sealed partial class TransactionCoordinator
{
    public async ValueTask<TransactionAnswer<ProduceOutcome[]>> ProduceAsync(
        TransactionStep step, Topic topic, IReadOnlyList<ProduceRecord> records, RequestKey? key, CancellationToken cancellationToken)
    {
        TransactionKey? transaction = null;
        while (true)
        {
            var plan = await _producer.PlanAsync(topic, records, new ProduceIdentity.Transaction(0, 0, key), cancellationToken);
            var open = await RegisteredAsync(
                step, transaction,
                [.. plan.Partitions.Select(partition => new RegisteredPartition(plan.Topic.Id, plan.Topic.Name, partition))],
                cancellationToken);
            if (open.Value is null)
            {
                return new(open.Error, default, open.Message);
            }

            transaction = open.Value;
            var outcomes = await _producer.ProduceAsync(
                plan, new ProduceIdentity.Transaction(transaction.ProducerId, transaction.ProducerEpoch, key), cancellationToken);
            if (key is null && outcomes.All(Producer.IsTopicGone)
                && await _topics.RefreshAsync(topic.Name, cancellationToken) is { } anew && anew.Id != plan.Topic.Id)
            {
                // Nothing was stored; the topic that has its name now is another, and its partitions must be registered first.
                topic = anew;
                continue;
            }

            return await AnswerAsync(step, transaction, outcomes, cancellationToken);
        }
    }

    public async ValueTask<TransactionAnswer<bool>> AddOffsetsAsync(
        TransactionStep step, string group, string? consumer, IReadOnlyList<GroupOffset> offsets, CancellationToken cancellationToken)
    {
        var present = await RegisteredAsync(step, null, [], cancellationToken);
        if (present.Value is not { } transaction)
        {
            return new(present.Error, default, present.Message);
        }

        var added = await _offsets.AddAsync(
            group, consumer, transaction, offsets,
            async token =>
            {
                var (answer, _) = await OpenAsync(step, transaction, [], group, fresh: false, token);
                return new GroupAnswer(answer.Error, answer.Message);
            },
            cancellationToken);
        if (added.Error != ErrorCode.None)
        {
            return new(added.Error, default, added.Message);
        }

        // They are there. Whether in time, only a look from here on can tell: who decides looks for them after the decision.
        var (still, stored) = await OpenAsync(step, transaction, [], group, fresh: true, cancellationToken);
        if (still.Error == ErrorCode.None)
        {
            return new(ErrorCode.None, true);
        }

        return stored.Row is { } row && row.OutcomeOf(transaction.ProducerEpoch) == false
            ? new(still.Error, default, still.Message)
            : throw new StorageException(
                $"Transactional id {step.TransactionalId} ended its transaction while offsets were added to it.", retriable: true);
    }

    /// <summary>
    /// The open transaction, with these partitions registered. Of one that is named, no call where this process knows it so: if it has
    /// ended since, its marker is in each of them.
    /// </summary>
    private async ValueTask<TransactionAnswer<TransactionKey>> RegisteredAsync(
        TransactionStep step, TransactionKey? transaction, IReadOnlyCollection<RegisteredPartition> partitions,
        CancellationToken cancellationToken)
    {
        if ((step.Epoch ?? transaction?.ProducerEpoch) is not null && _rows.Remembered(step.TransactionalId) is { } remembered
            && TransactionProtocol.Add(remembered.Row, step, transaction, partitions, null, _options)
                is { Kind: MoveKind.Answer, Answer: { Error: ErrorCode.None } known })
        {
            return known;
        }

        var isNamed = step.Epoch is not null || transaction is not null;
        return (await OpenAsync(step, transaction, partitions, null, fresh: !isNamed, cancellationToken)).Answer;
    }

    /// <summary>Enters where something goes, while the transaction is open; where it is entered already, looks whether it is.</summary>
    private async ValueTask<(TransactionAnswer<TransactionKey> Answer, StoredTransaction Stored)> OpenAsync(
        TransactionStep step, TransactionKey? transaction, IReadOnlyCollection<RegisteredPartition> partitions, string? group, bool fresh,
        CancellationToken cancellationToken)
    {
        using var one = await EnterAsync(step.TransactionalId, cancellationToken);
        return await DecideAsync(
            step.TransactionalId,
            stored =>
            {
                var move = TransactionProtocol.Add(stored.Row, step, transaction, partitions, group, _options);

                // Whatever became of the transaction meanwhile, the request stays with the one that it was for.
                transaction ??= move.Answer.Value;
                return move;
            },
            cancellationToken, fresh);
    }

    private async ValueTask<TransactionAnswer<ProduceOutcome[]>> AnswerAsync(
        TransactionStep step, TransactionKey transaction, ProduceOutcome[] outcomes, CancellationToken cancellationToken)
    {
        if (outcomes.Any(outcome => outcome.Error == ErrorCode.UnknownProducerId))
        {
            // A log that has forgotten the producer could not tell what is late from what is not.
            await DecideAndFinishAsync(
                step.TransactionalId, stored => TransactionProtocol.Abort(stored.Row, transaction, loseId: true), cancellationToken);
            ProducerForgotten(step.TransactionalId, transaction.ProducerId);
            return new(
                ErrorCode.UnknownProducerId, default,
                "A partition has forgotten the producer id. The transaction is aborted; begin a new instance.");
        }

        var isLate = outcomes.Any(outcome => outcome.Error == ErrorCode.InvalidProducerEpoch)
            && outcomes.All(outcome => outcome.Error is not (ErrorCode.None or ErrorCode.RequestTimedOut));
        if (!isLate)
        {
            return new(ErrorCode.None, outcomes);
        }

        // The log has seen the marker, so the row tells why.
        var (answer, _) = await OpenAsync(step, transaction, [], null, fresh: true, cancellationToken);
        return answer.Error == ErrorCode.None ? new(ErrorCode.None, outcomes) : new(answer.Error, default, answer.Message);
    }

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "A log has forgotten producer {ProducerId} of transactional id {TransactionalId}.")]
    private partial void ProducerForgotten(string transactionalId, long producerId);
}
