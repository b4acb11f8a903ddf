using Serverless.Core.Storage.Rows;

namespace Serverless.Core.Log;

/// <content>How it learns more: from the rows when nothing is known, and by reading on from where the tail stands.</content>
internal sealed partial class PartitionTail
{
    private readonly Turnstile _reading = new();
    private long _refreshesStarted;
    private long _refreshesDone;

    /// <summary>The tail as known; opened first when it is not, in bounded work.</summary>
    public async ValueTask<LogTail> OpenAsync(CancellationToken cancellationToken) =>
        Known ?? await RefreshAsync(cancellationToken);

    /// <summary>The tail as storage has it at some moment after this call began. Calls that wait together share one look.</summary>
    public async ValueTask<LogTail> RefreshAsync(CancellationToken cancellationToken)
    {
        // Any look that begins from now on serves this call; one under way may have missed what the caller knows of.
        var needed = Interlocked.Read(ref _refreshesStarted) + 1;
        await _reading.EnterAsync(cancellationToken);
        try
        {
            if (Interlocked.Read(ref _refreshesDone) >= needed && Known is { } shared)
            {
                return shared;
            }

            var started = Interlocked.Increment(ref _refreshesStarted);
            if (Known is null)
            {
                await ReadRowsAsync(cancellationToken);
            }

            var tail = await ReadForwardAsync(cancellationToken);
            Interlocked.Exchange(ref _refreshesDone, started);
            return tail;
        }
        finally
        {
            _reading.Leave();
        }
    }

    /// <summary>
    /// Whether a segment that was read or written just now is the log's own, and not one that was made anew after retention
    /// had removed it. Usually known; a read of the start row when it was not asked lately.
    /// </summary>
    public async ValueTask<bool> BelongsAsync(long segmentBase, CancellationToken cancellationToken) =>
        (await FreshStartAsync(cancellationToken)).Offset <= segmentBase;

    /// <summary>The start, and so the tail, no older than blobs stay that the start has passed.</summary>
    public async ValueTask<LogStart> FreshStartAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (_startReadAt is { } readAt && context.Clock.GetElapsedTime(readAt) < context.Options.StartAgeMax)
            {
                return _start;
            }
        }

        return await RefreshStartAsync(cancellationToken);
    }

    /// <summary>Reads the start row anew: a blob is missing, or a caller must not be told an old start.</summary>
    public async ValueTask<LogStart> RefreshStartAsync(CancellationToken cancellationToken)
    {
        // Its age counts from before the question, however long the answer takes.
        var readAt = context.Clock.GetTimestamp();
        var start = await rows.StartAsync(cancellationToken);
        lock (_gate)
        {
            LearnNeedsLock(start, readAt);

            if (_tail is { } behind && behind.SegmentBase < start.Offset)
            {
                // Retention passed what we know: it is read anew from the rows.
                ForgetNeedsLock();
            }

            return _start;
        }
    }

    private async ValueTask ReadRowsAsync(CancellationToken cancellationToken)
    {
        // One after the other: retention leaves a checkpoint before it moves the start past what told of producers, and whoever knew
        // the new start and not the checkpoint would know nothing of them.
        var readAt = context.Clock.GetTimestamp();
        var start = await rows.StartAsync(cancellationToken);
        var checkpoint = await rows.CheckpointAtOrBelowAsync(long.MaxValue, cancellationToken);

        lock (_gate)
        {
            LearnNeedsLock(start, readAt);
            if (_start.Offset > start.Offset)
            {
                // Another request has learned of a newer start meanwhile: the checkpoint may be from before it. The caller looks again.
                _tail = null;
                _cache.Clear();
                return;
            }

            // A checkpoint of a segment that retention has passed says nothing any more.
            _tail = checkpoint is not null && checkpoint.SegmentBase >= _start.Offset
                ? checkpoint
                : LogTail.StartOf(_start.Offset, logMaxTimestamp: -1);
            _cache.Clear();
        }
    }

    private async ValueTask<LogTail> ReadForwardAsync(CancellationToken cancellationToken)
    {
        var bytesSinceCheckpoint = 0L;
        while (true)
        {
            if (Known is not { } tail)
            {
                await ReadRowsAsync(cancellationToken);
                continue;
            }

            if (tail.Closed)
            {
                return tail;
            }

            var chunk = context.Options.CheckpointBytes;
            var knewClosed = Start.Closed;
            var read = await context.Blobs.ReadAsync(
                SegmentName(tail.SegmentBase), tail.Position, chunk, cancellationToken);
            if (read.Exists && !await BelongsAsync(tail.SegmentBase, cancellationToken))
            {
                // The tail is forgotten by now, and found anew.
                continue;
            }

            if (!read.Exists)
            {
                // Not made yet, or gone? The start row knows, as it is written long before a blob goes.
                var start = tail.Position == 0
                    ? await FreshStartAsync(cancellationToken)
                    : await RefreshStartAsync(cancellationToken);
                if (Known is { } same && same.SegmentBase == tail.SegmentBase)
                {
                    CorruptIf(tail.Position > 0 && !start.Closed, tail, "the active segment is missing");
                    if (!start.Closed)
                    {
                        return same;
                    }

                    // Who makes it from now on finds the log closed; but it may have been made between the look and the closing,
                    // however long the answer took. So it is looked for once more.
                    if (knewClosed)
                    {
                        return Close();
                    }
                }

                continue;
            }

            if (read.Bytes.Length == 0)
            {
                return Known ?? tail;
            }

            Take(tail.SegmentBase, tail.Position, read.Bytes, read.BlockCount);
            if (Known is { } now && now.SegmentBase == tail.SegmentBase && now.Position == tail.Position)
            {
                // Appends are whole and a batch fits a chunk, so something whole must have been there.
                CorruptIf(true, tail, "a batch is cut short");
            }

            bytesSinceCheckpoint += read.Bytes.Length;
            if (Known is not { } after)
            {
                continue;
            }

            if (bytesSinceCheckpoint >= 2L * chunk)
            {
                // The writer that should have left a checkpoint here did not come to it.
                bytesSinceCheckpoint = 0;
                await rows.AddCheckpointAsync(after, decidedFrom: 0, cancellationToken);
            }

            if (read.Bytes.Length < chunk && after.SegmentBase == tail.SegmentBase)
            {
                CorruptIf(after.Position < tail.Position + read.Bytes.Length, after, "a batch is cut short");
                return after;
            }
        }
    }

    private LogTail Close()
    {
        lock (_gate)
        {
            return _tail = _tail! with { Closed = true };
        }
    }

    private void CorruptIf(bool wrong, LogTail at, string rule)
    {
        if (wrong)
        {
            throw new CorruptLogException(SegmentName(at.SegmentBase), at.Position, rule);
        }
    }
}
