using Serverless.Core.Storage;
using Serverless.Core.Storage.Rows;

namespace Serverless.Core.Log;

/// <summary>What one instance knows of the end of one partition's log, and how it learns more.</summary>
/// <remarks>
/// Knowledge only grows: bytes are taken in at the position where the tail stands, by whoever brings them (our own
/// append, a refresh, a refused append that read on), so bringing the same bytes twice is harmless. What is known may
/// lag behind storage at any time; only <see cref="RefreshAsync"/> promises to be as new as its call.
/// </remarks>
internal sealed partial class PartitionTail(LogContext context, string topicId, int partition, PartitionRows rows)
{
    private const int IndexPlacesMax = 512;

    private readonly Lock _gate = new();
    private readonly TailCache _cache = new(context.Options.TailCacheBytes);
    private readonly PositionIndex _index = new(IndexPlacesMax);
    private readonly List<AppendWaiter> _waiters = [];
    private LogTail? _tail;
    private LogStart _start;
    private long? _startReadAt;

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

    public string Prefix => Layout.PartitionPrefix(topicId, partition);

    public string SegmentName(long baseOffset) => Layout.Segment(topicId, partition, baseOffset);

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

    // An answer that was overtaken by a newer one must not take the start back, or open what is closed.
    private void LearnNeedsLock(LogStart start, long readAt)
    {
        if (start.Offset >= _start.Offset)
        {
            _start = start with { Closed = start.Closed || _start.Closed };
        }

        _startReadAt = Math.Max(readAt, _startReadAt ?? readAt);
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
}
