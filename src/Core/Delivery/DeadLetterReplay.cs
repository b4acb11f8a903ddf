using Serverless.Core.Groups;
using Serverless.Core.Log;
using Serverless.Core.Topics;
using Serverless.Core.Transactions;

namespace Serverless.Core.Delivery;

/// <summary>A dead letter that is to go back.</summary>
public readonly record struct LetterPlace(int Partition, long Offset);

/// <summary>Where a dead letter went.</summary>
public sealed record ReplayedLetter(LetterPlace Letter, TopicPartition To, long Offset);

/// <summary>Sends chosen dead letters back to the partitions that they are from, as new records behind all others.</summary>
/// <remarks>All of one request or none, in one transaction. All groups that read those topics get them again.</remarks>
public sealed class DeadLetterReplay(
    ITopicCatalog topics, ITransactions transactions, DirectReader reader, DeliveryOptions options)
{
    public const int LettersMax = 100;

    // A letter is below the stable end, or it is none.
    private static readonly RecordFilter Anything = (scoped in Records.Record _) => true;

    /// <summary>
    /// Errors: UnknownTopicOrPartition (the dead-letter topic or partition), OffsetOutOfRange, InvalidRecord (no dead letter of this group is
    /// there, or its topic is gone), TopicAuthorizationFailed, and those of producing. The message names the letter.
    /// </summary>
    /// <param name="writable">Whether who asks may write to a topic.</param>
    public async ValueTask<GroupAnswer<IReadOnlyList<ReplayedLetter>>> ReplayAsync(
        GroupDelivery delivery, IReadOnlyList<LetterPlace> letters, Predicate<string> writable, CancellationToken cancellationToken)
    {
        if (delivery.Settings.DeadLetterTopic is not { } name
            || await topics.FindAsync(name, cancellationToken) is not { } topic)
        {
            return new(ErrorCode.UnknownTopicOrPartition, null, "The delivery has no dead-letter topic.");
        }

        var back = new List<(LetterPlace Letter, Topic To, ProduceRecord Record)>();
        foreach (var place in letters.Distinct())
        {
            var (letter, error, message) = await ReadAsync(topic, place, cancellationToken);
            if (letter is null)
            {
                return new(error, null, message);
            }

            if (DeadLetters.OriginOf(letter, delivery.Group) is not { } origin
                || await topics.FindAsync(origin.Topic, cancellationToken) is not { IsInternal: false } to || origin.Partition >= to.Partitions)
            {
                return new(ErrorCode.InvalidRecord, null, $"{Named(place)} is no dead letter of this group, or its topic is gone.");
            }

            // What a letter says of where it is from is a header, and whoever may write dead letters can write that.
            if (!writable(to.Name))
            {
                return new(ErrorCode.TopicAuthorizationFailed, null);
            }

            back.Add((place, to, DeadLetters.Back(letter, origin.Partition)));
        }

        return await SendAsync(delivery.Group, back, cancellationToken);
    }

    private async ValueTask<(DeliveredRecord? Letter, ErrorCode Error, string? Message)> ReadAsync(
        Topic topic, LetterPlace place, CancellationToken cancellationToken)
    {
        if (place.Partition >= topic.Partitions)
        {
            return (null, ErrorCode.InvalidRecord, $"{Named(place)}: the dead-letter topic has no such partition.");
        }

        var request = new ReadRequest
        {
            Wait = TimeSpan.Zero,
            MaxBytes = long.MaxValue,
            MaxRecords = 1,
            IsolationLevel = IsolationLevel.ReadCommitted,
            Showable = Anything,
        };
        var read = await reader.ReadAsync(topic, place.Partition, place.Offset, request, cancellationToken);
        if (read.Error is not (ErrorCode.None or ErrorCode.OffsetOutOfRange))
        {
            return (null, read.Error, null);
        }

        var found = read.Error == ErrorCode.None ? DeliveredRecord.Of(read.Slice) : [];
        return found is [var letter, ..] && letter.Offset == place.Offset
            ? (letter, ErrorCode.None, null)
            : (null, ErrorCode.InvalidRecord, $"{Named(place)}: there is no record.");
    }

    private async ValueTask<GroupAnswer<IReadOnlyList<ReplayedLetter>>> SendAsync(
        string group, List<(LetterPlace Letter, Topic To, ProduceRecord Record)> back, CancellationToken cancellationToken)
    {
        var id = DeliveryKeys.ReplayId(group);
        var holder = await transactions.InitAsync(id, options.TransactionTimeout, cancellationToken);
        if (holder.Value is not { } instance)
        {
            return new(holder.Error, null, holder.Message);
        }

        var step = new TransactionStep(id, instance.InstanceId);
        var begun = await transactions.BeginAsync(step, cancellationToken);
        if (begun.Value is not { } open)
        {
            return new(begun.Error, null, begun.Message);
        }

        step = step with { Epoch = open.ProducerEpoch };
        var sent = new List<ReplayedLetter>();
        var (error, message) = (ErrorCode.None, (string?)null);
        foreach (var (letter, to, record) in back)
        {
            var produced = await transactions.ProduceAsync(step, DeadLetters.RoomIn(to), [record], key: null, cancellationToken);
            error = produced.Value?[0].Error ?? produced.Error;
            if (error != ErrorCode.None)
            {
                message = produced.Message ?? $"{Named(letter)} could not be sent back.";
                break;
            }

            sent.Add(new(letter, new(to.Name, produced.Value![0].Partition), produced.Value[0].Offset));
        }

        var ended = await transactions.EndAsync(step, commit: error == ErrorCode.None, cancellationToken);
        await transactions.CloseAsync(id, instance.InstanceId, cancellationToken);
        error = error == ErrorCode.None ? ended.Error : error;
        return error == ErrorCode.None ? new(sent) : new(error, null, message ?? ended.Message);
    }

    private static string Named(LetterPlace place) => $"Partition {place.Partition}, offset {place.Offset}";
}
