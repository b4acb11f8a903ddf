using System.Diagnostics;
using Serverless.Core.Records;
using Serverless.Core.Storage;
using Serverless.Core.Telemetry;
using Serverless.Core.Topics;

namespace Serverless.Core.Log;

/// <summary>Appends to one partition: one block under way at a time, and what arrives meanwhile goes in the next.</summary>
internal sealed class PartitionAppender(LogContext context, BlockSender sender)
{
    // A batch leaves room for an end marker in its block.
    private readonly int _batchBytesMax = context.Options.BlockBytesMax - (Limits.BlockBytesMax - Limits.BatchBytesMax);

    private readonly Lock _gate = new();
    private readonly LingerControl _linger = new(context.Options, context.Random);
    private readonly List<PendingAppend> _queue = [];
    private long _queuedBytes;
    private bool _draining;
    private bool _busy;
    private TopicSettings _settings = TopicSettings.Default;

    public ValueTask<AppendAnswer> AppendAsync(
        TopicSettings settings, ReadOnlyMemory<byte> batch, AppendIdentity? identity, CancellationToken cancellationToken)
    {
        Invariant.Holds(
            RecordBatch.Check(batch.Span, out var header, out _) == BatchCheck.Valid
            && header.SizeInBytes == batch.Length && header.BaseOffset == 0);
        if (batch.Length > _batchBytesMax)
        {
            return ValueTask.FromResult(new AppendAnswer(ErrorCode.MessageTooLarge, -1));
        }

        return AppendAsync(settings, Stamped(settings, batch, header, identity), cancellationToken);
    }

    /// <summary>Appends the marker of a transaction, with what else is appended.</summary>
    public ValueTask<AppendAnswer> EndTransactionAsync(
        long producerId, short producerEpoch, bool commit, CancellationToken cancellationToken)
    {
        // The value is a version and the coordinator's epoch (Kafka's EndTxnMarker): there is no coordinator to have one.
        var marker = RecordBatchBuilder.BuildControl(
            commit ? ControlRecord.Commit : ControlRecord.Abort, version: 0, value: new byte[6],
            context.Clock.GetUtcNow().ToUnixTimeMilliseconds(), producerId, producerEpoch, transactional: true);
        Invariant.Holds(RecordBatchHeader.TryRead(marker, out var header));
        return AppendAsync(settings: null, new PendingAppend(marker, header, new TransactionEnd()), cancellationToken);
    }

    private async ValueTask<AppendAnswer> AppendAsync(
        TopicSettings? settings, PendingAppend append, CancellationToken cancellationToken)
    {
        Enqueue(settings, append);
        try
        {
            return await append.AnswerAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            append.Abandoned = true;
            throw;
        }
    }

    // The time at which the log took it in charge, and whose it is: the same for every attempt, so that a retry sends the same bytes.
    private PendingAppend Stamped(
        TopicSettings settings, ReadOnlyMemory<byte> batch, RecordBatchHeader header, AppendIdentity? identity)
    {
        var takesTime = settings.MessageTimestampType == TimestampType.LogAppendTime;
        if (identity is null && !takesTime)
        {
            return new PendingAppend(batch, header);
        }

        var stamped = batch.ToArray();
        if (takesTime)
        {
            RecordBatch.StampLogAppendTime(stamped, context.Clock.GetUtcNow().ToUnixTimeMilliseconds());
        }

        switch (identity)
        {
            case AppendIdentity.Sequence of:
                RecordBatch.StampProducer(stamped, of.ProducerId, of.ProducerEpoch, of.BaseSequence, transactional: false);
                break;
            case AppendIdentity.Key key:
                RecordBatch.StampProducer(stamped, KeyedBatches.ProducerIdOf(key.Hash), -1, -1, transactional: false);
                break;
            case AppendIdentity.Transaction of:
                RecordBatch.StampProducer(stamped, of.ProducerId, of.ProducerEpoch, baseSequence: 0, transactional: true);
                break;
        }

        Invariant.Holds(RecordBatchHeader.TryRead(stamped, out header));
        return new PendingAppend(stamped, header, identity);
    }

    // A marker has no settings: those of the last append stay.
    private void Enqueue(TopicSettings? settings, PendingAppend append)
    {
        lock (_gate)
        {
            if (_queuedBytes + append.Batch.Length > context.Options.QueueBytesMax)
            {
                throw new StorageException("Too many bytes wait to be appended to this partition.", retriable: true);
            }

            _settings = settings ?? _settings;
            _queue.Add(append);
            _queuedBytes += append.Batch.Length;
            _busy = _draining;
            if (_draining)
            {
                return;
            }

            _draining = true;
        }

        _ = DrainAsync();
    }

    // Runs while there is something to append. It serves many callers, so no caller's token ends it.
    private async Task DrainAsync()
    {
        // It outlives the request that began it.
        Activity.Current = null;
        var failures = 0;
        while (true)
        {
            var wait = _linger.Next(_busy);
            if (wait > TimeSpan.Zero)
            {
                await Task.Delay(wait, context.Clock, CancellationToken.None);
            }

            var block = NextBlock();
            if (block.Count == 0)
            {
                return;
            }

            try
            {
                using var span = LogTracing.StartAppend(block);
                if (await sender.TrySendAsync(block, _settings, _linger, lookFirst: failures > 0 || _linger.Contended) is { } sent)
                {
                    failures = 0;
                    span?.Dispose();
                    Finish(block, (append, index) => append.Complete(sent.Answers[index]));
                    await sender.KeepRowsAsync(sent);
                }
                else if (++failures >= context.Options.AttemptsMax)
                {
                    failures = 0;
                    Finish(block, (append, _) => append.Complete(new AppendAnswer(ErrorCode.RequestTimedOut, -1)));
                }
            }
            catch (Exception exception)
            {
                // The edge of a task that nobody awaits: each caller gets the failure of its own append.
                failures = 0;
                Finish(block, (append, _) => append.Fail(exception));
            }
        }
    }

    private List<PendingAppend> NextBlock()
    {
        lock (_gate)
        {
            _busy = false;
            foreach (var abandoned in _queue.Where(append => append.Abandoned).ToList())
            {
                Remove(abandoned);
            }

            var room = _batchBytesMax;
            var block = new List<PendingAppend>();
            foreach (var append in _queue)
            {
                room -= append.Batch.Length;
                if (room < 0)
                {
                    break;
                }

                block.Add(append);
            }

            _draining = block.Count > 0;
            return block;
        }
    }

    private void Finish(List<PendingAppend> block, Action<PendingAppend, int> finish)
    {
        lock (_gate)
        {
            block.ForEach(Remove);
        }

        for (var index = 0; index < block.Count; index++)
        {
            finish(block[index], index);
        }
    }

    private void Remove(PendingAppend append)
    {
        if (_queue.Remove(append))
        {
            _queuedBytes -= append.Batch.Length;
        }
    }
}
