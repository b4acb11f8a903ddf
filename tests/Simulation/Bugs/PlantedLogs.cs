using Serverless.Core;
using Serverless.Core.Groups;
using Serverless.Core.Log;
using Serverless.Core.Records;
using Serverless.Core.Storage;
using Serverless.Core.Topics;

namespace Serverless.Simulation.Bugs;

/// <summary>The log, with a mistake between it and its callers.</summary>
internal sealed class PlantedLogs(IPartitionLogs logs, PlantedBug bug, TimeProvider clock) : DelegatingLogs(logs)
{
    private readonly Dictionary<(string, int), (OffsetSnapshot Marks, long At)> _marks = [];
    private readonly Dictionary<(string, int, AppendIdentity), AppendAnswer> _remembered = [];

    public override async ValueTask<AppendAnswer> AppendAsync(
        Topic topic, int partition, ReadOnlyMemory<byte> batch, AppendIdentity? identity, CancellationToken cancellationToken)
    {
        if (bug == PlantedBug.SplitsBatch && Halves(batch) is var (first, second))
        {
            var answer = await base.AppendAsync(topic, partition, first, identity, cancellationToken);
            await base.AppendAsync(topic, partition, second, identity, cancellationToken);
            return answer;
        }

        if (identity is not null && await IdentifiedAsync(topic, partition, batch, identity, cancellationToken) is { } wrong)
        {
            return wrong;
        }

        try
        {
            var answer = await base.AppendAsync(topic, partition, batch, identity, cancellationToken);
            return bug == PlantedBug.DefiniteErrorAfterEffect && answer.Error == ErrorCode.RequestTimedOut
                ? new AppendAnswer(ErrorCode.UnknownTopicOrPartition, -1)
                : answer;
        }
        catch (StorageException) when (bug == PlantedBug.DefiniteErrorAfterEffect)
        {
            return new AppendAnswer(ErrorCode.UnknownTopicOrPartition, -1);
        }
    }

    public override async ValueTask<FetchAnswer> FetchAsync(
        Topic topic, int partition, long offset, int bytesMax, IsolationLevel isolation, CancellationToken cancellationToken)
    {
        var answer = await base.FetchAsync(
            topic, partition, offset, bytesMax, bug == PlantedBug.ReadsUncommitted ? IsolationLevel.ReadUncommitted : isolation,
            cancellationToken);
        if (bug == PlantedBug.EmptyAboveEnd && answer.Error == ErrorCode.OffsetOutOfRange)
        {
            return answer with { Error = ErrorCode.None };
        }

        return bug == PlantedBug.SkipsTornTail ? answer with { Batches = WithoutLast(answer.Batches) } : answer;
    }

    public override async ValueTask<OffsetSnapshot> OffsetsAsync(Topic topic, int partition, CancellationToken cancellationToken)
    {
        if (bug == PlantedBug.CachedMarks && _marks.TryGetValue((topic.Id, partition), out var cached)
            && clock.GetElapsedTime(cached.At) < TimeSpan.FromSeconds(5))
        {
            return cached.Marks;
        }

        var marks = await base.OffsetsAsync(topic, partition, cancellationToken);
        _marks[(topic.Id, partition)] = (marks, clock.GetTimestamp());
        return marks;
    }

    public override async ValueTask<OffsetAndTimestamp?> OffsetForTimestampAsync(
        Topic topic, int partition, long timestampMs, CancellationToken cancellationToken)
    {
        var found = await base.OffsetForTimestampAsync(topic, partition, timestampMs, cancellationToken);
        return bug == PlantedBug.TimestampPastFirst && found is { } first
            ? await base.OffsetForTimestampAsync(topic, partition, first.TimestampMs + 1, cancellationToken)
            : found;
    }

    private async ValueTask<AppendAnswer?> IdentifiedAsync(
        Topic topic, int partition, ReadOnlyMemory<byte> batch, AppendIdentity identity, CancellationToken cancellationToken)
    {
        switch (bug, identity)
        {
            case (PlantedBug.SequencesFromMemory, AppendIdentity.Sequence) or (PlantedBug.KeysFromMemory, AppendIdentity.Key):
                if (!_remembered.TryGetValue((topic.Id, partition, identity), out var known))
                {
                    known = await base.AppendAsync(topic, partition, Stamped(batch, identity), identity: null, cancellationToken);
                    _remembered[(topic.Id, partition, identity)] = known;
                }

                return known;

            case (PlantedBug.FencesNothing, AppendIdentity.Sequence):
                var answer = await base.AppendAsync(topic, partition, batch, identity, cancellationToken);
                return answer.Error == ErrorCode.InvalidProducerEpoch
                    ? await base.AppendAsync(topic, partition, Stamped(batch, identity), identity: null, cancellationToken)
                    : answer;

            case (PlantedBug.AnswersRepetitionsAnew, _):
                answer = await base.AppendAsync(topic, partition, batch, identity, cancellationToken);
                return answer.IsDuplicate
                    ? answer with { BaseOffset = (await base.OffsetsAsync(topic, partition, cancellationToken)).LogEndOffset }
                    : answer;

            default:
                return null;
        }
    }

    private static byte[] Stamped(ReadOnlyMemory<byte> batch, AppendIdentity identity)
    {
        var stamped = batch.ToArray();
        if (identity is AppendIdentity.Sequence of)
        {
            RecordBatch.StampProducer(stamped, of.ProducerId, of.ProducerEpoch, of.BaseSequence, transactional: false);
        }
        else if (identity is AppendIdentity.Key key)
        {
            RecordBatch.StampProducer(stamped, KeyedBatches.ProducerIdOf(key.Hash), -1, -1, transactional: false);
        }

        return stamped;
    }

    private static ReadOnlyMemory<byte> WithoutLast(ReadOnlyMemory<byte> batches)
    {
        int last = 0, at = 0;
        while (RecordBatchHeader.TryRead(batches.Span[at..], out var header))
        {
            last = at;
            at += header.SizeInBytes;
        }

        return batches[..(last > 0 ? last : at)];
    }

    private static (byte[] First, byte[] Second)? Halves(ReadOnlyMemory<byte> batch)
    {
        using var first = new RecordBatchBuilder();
        using var second = new RecordBatchBuilder();
        using var records = RecordReader.Open(batch.Span);
        while (records.TryRead(out var record))
        {
            (record.Offset == 0 ? first : second).Add(record.Timestamp, record.Key, record.KeyIsNull, record.Value, record.ValueIsNull);
        }

        return second.Count == 0 ? null : (first.Build(), second.Build());
    }
}
