using Serverless.Core.Records;
using Serverless.Core.Storage;
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

    public async ValueTask<AppendAnswer> AppendAsync(
        TopicSettings settings, ReadOnlyMemory<byte> batch, CancellationToken cancellationToken)
    {
        Invariant.Holds(
            RecordBatch.Check(batch.Span, out var header, out _) == BatchCheck.Valid
            && header.SizeInBytes == batch.Length && header.BaseOffset == 0);
        if (batch.Length > _batchBytesMax)
        {
            return new AppendAnswer(ErrorCode.MessageTooLarge, -1);
        }

        var append = settings.MessageTimestampType == TimestampType.LogAppendTime
            ? Timestamped(batch)
            : new PendingAppend(batch, header);
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

    // The time at which the log took it in charge: the same for every attempt, so that a retry sends the same bytes.
    private PendingAppend Timestamped(ReadOnlyMemory<byte> batch)
    {
        var stamped = batch.ToArray();
        RecordBatch.StampLogAppendTime(stamped, context.Clock.GetUtcNow().ToUnixTimeMilliseconds());
        Invariant.Holds(RecordBatchHeader.TryRead(stamped, out var header));
        return new PendingAppend(stamped, header);
    }

    private void Enqueue(TopicSettings settings, PendingAppend append)
    {
        lock (_gate)
        {
            if (_queuedBytes + append.Batch.Length > context.Options.QueueBytesMax)
            {
                throw new StorageException("Too many bytes wait to be appended to this partition.", retriable: true);
            }

            _settings = settings;
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
                if (await sender.TrySendAsync(block, _settings, _linger, lookFirst: failures > 0 || _linger.Contended) is { } sent)
                {
                    failures = 0;
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
