using Serverless.Core.Storage;
using Serverless.Core.Storage.Rows;

namespace Serverless.Core.Log;

/// <summary>What one instance knows of the end of one partition's log, and how it learns more.</summary>
/// <remarks>
/// Knowledge only grows: bytes are taken in at the position where the tail stands, by whoever brings them (our own
/// append, a refresh, a refused append that read on), so bringing the same bytes twice is harmless. What is known may
/// lag behind storage at any time; only <see cref="RefreshAsync"/> promises to be as new as its call.
/// </remarks>
internal sealed class PartitionTail(LogContext context, string topicId, int partition, PartitionRows rows)
{
    private const int IndexPlacesMax = 512;

    private readonly Lock _gate = new();
    private readonly Turnstile _reading = new();
    private readonly TailCache _cache = new(context.Options.TailCacheBytes);
    private readonly PositionIndex _index = new(IndexPlacesMax);
    private readonly List<AppendWaiter> _waiters = [];
    private LogTail? _tail;
    private LogStart _start;
    private long? _startReadAt;
    private long _refreshesStarted;
    private long _refreshesDone;

    /// <summary>The tail as known, or null before it was opened.</summary>
    public LogTail? Known
    {
        get
        {
            lock (_gate)
            {
                return _tail;
            }
        }
    }

    /// <summary>The log's start as known.</summary>
    public LogStart Start
    {
        get
        {
            lock (_gate)
            {
                return _start;
            }
        }
    }

    public int CachedBytes => _cache.Bytes;

    public string SegmentName(long baseOffset) => Layout.Segment(topicId, partition, baseOffset);

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

    /// <summary>Takes bytes found at a position of a segment into the tail, as far as they are news.</summary>
    /// <returns>The segment that they ended, if they did, where they were news.</returns>
    public RolledSegment? Take(long segmentBase, long position, ReadOnlyMemory<byte> bytes, int? blockCount)
    {
        lock (_gate)
        {
            if (_tail is not { } tail || tail.SegmentBase != segmentBase || tail.Position < position
                || tail.Position >= position + bytes.Length)
            {
                return null;
            }

            var news = bytes[(int)(tail.Position - position)..];
            var fold = TailFold.Fold(tail, news.Span, SegmentName(segmentBase));
            if (fold.Consumed == 0)
            {
                return null;
            }

            _index.Add(new LogPlace(tail.NextOffset, segmentBase, tail.Position));
            if (fold.Tail.NextOffset > tail.NextOffset)
            {
                _cache.Add(tail.NextOffset, fold.Tail.NextOffset, news[..fold.Consumed]);
            }

            _tail = blockCount is { } blocks && fold.Tail.SegmentBase == segmentBase
                ? fold.Tail with { BlockCount = blocks }
                : fold.Tail;
            WakeNeedsLock();
            return fold.Rolled;
        }
    }

    /// <summary>Runs of the newest bytes that hold an offset and what follows it; none when they are not in memory.</summary>
    public List<CachedRun> Cached(long offset, int bytesWanted)
    {
        lock (_gate)
        {
            return _cache.From(offset, bytesWanted);
        }
    }

    public LogPlace? PlaceAtOrBelow(long offset)
    {
        lock (_gate)
        {
            return _index.AtOrBelow(offset);
        }
    }

    public void AddPlace(LogPlace place)
    {
        lock (_gate)
        {
            _index.Add(place);
        }
    }

    public void DropCache()
    {
        lock (_gate)
        {
            _cache.Clear();
        }
    }

    public void Add(AppendWaiter waiter)
    {
        lock (_gate)
        {
            _waiters.Add(waiter);
        }
    }

    public void Remove(AppendWaiter waiter)
    {
        lock (_gate)
        {
            _waiters.Remove(waiter);
        }
    }

    private async ValueTask ReadRowsAsync(CancellationToken cancellationToken)
    {
        var readAt = context.Clock.GetTimestamp();
        var startRead = rows.StartAsync(cancellationToken).AsTask();
        var checkpoint = await rows.CheckpointAtOrBelowAsync(long.MaxValue, cancellationToken);
        var start = await startRead;

        lock (_gate)
        {
            LearnNeedsLock(start, readAt);

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
            var read = await context.Blobs.ReadAsync(
                SegmentName(tail.SegmentBase), tail.Position, chunk, cancellationToken);
            if (read.Exists && !await BelongsAsync(tail.SegmentBase, cancellationToken))
            {
                // The tail is forgotten by now, and found anew.
                continue;
            }

            if (!read.Exists)
            {
                // Not made yet, or gone? The start row knows, as it is written before a blob goes.
                var start = await RefreshStartAsync(cancellationToken);
                if (Known is { } same && same.SegmentBase == tail.SegmentBase)
                {
                    CorruptIf(tail.Position > 0 && !start.Closed, tail, "the active segment is missing");
                    return start.Closed ? Close() : same;
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
                await rows.AddCheckpointAsync(after, cancellationToken);
            }

            if (read.Bytes.Length < chunk && after.SegmentBase == tail.SegmentBase)
            {
                CorruptIf(after.Position < tail.Position + read.Bytes.Length, after, "a batch is cut short");
                return after;
            }
        }
    }

    // An answer that was overtaken by a newer one must not take the start back, or open what is closed.
    private void LearnNeedsLock(LogStart start, long readAt)
    {
        if (start.Offset >= _start.Offset)
        {
            _start = start with { Closed = start.Closed || _start.Closed };
        }

        _startReadAt = Math.Max(readAt, _startReadAt ?? readAt);
    }

    private LogTail Close()
    {
        lock (_gate)
        {
            return _tail = _tail! with { Closed = true };
        }
    }

    private void ForgetNeedsLock()
    {
        _tail = null;
        _cache.Clear();
        _index.Clear();
    }

    private void WakeNeedsLock()
    {
        foreach (var waiter in _waiters)
        {
            waiter.Wake();
        }

        _waiters.Clear();
    }

    private void CorruptIf(bool wrong, LogTail at, string rule)
    {
        if (wrong)
        {
            throw new CorruptLogException(SegmentName(at.SegmentBase), at.Position, rule);
        }
    }
}
