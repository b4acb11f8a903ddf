namespace Serverless.Core.Log;

/// <summary>The newest bytes of one partition's log, whole batches, as they were written or read last.</summary>
/// <remarks>Bytes never change once stored, so what is here is true for ever. Callers hold the log's lock.</remarks>
internal sealed class TailCache(int bytesMax)
{
    private readonly LinkedList<CachedRun> _runs = new();

    public int Bytes { get; private set; }

    /// <summary>Adds what follows the newest run; anything else starts the cache anew.</summary>
    public void Add(long baseOffset, long nextOffset, ReadOnlyMemory<byte> batches)
    {
        if (_runs.Last is { } last && last.Value.NextOffset != baseOffset)
        {
            Clear();
        }

        _runs.AddLast(new CachedRun(baseOffset, nextOffset, batches));
        Bytes += batches.Length;
        while (Bytes > bytesMax)
        {
            Bytes -= _runs.First!.Value.Batches.Length;
            _runs.RemoveFirst();
        }
    }

    public void Clear()
    {
        _runs.Clear();
        Bytes = 0;
    }

    /// <summary>Runs that hold <paramref name="offset"/> and what follows; empty when it is older than the cache, or at its end.</summary>
    public List<CachedRun> From(long offset, int bytesWanted)
    {
        var found = new List<CachedRun>();
        if (_runs.First is not { } first || offset < first.Value.BaseOffset)
        {
            return found;
        }

        // Readers are mostly near the end, so the search goes backwards.
        var node = _runs.Last;
        while (node is not null && node.Value.BaseOffset > offset)
        {
            node = node.Previous;
        }

        var bytes = 0;
        for (; node is not null && bytes < bytesWanted; node = node.Next)
        {
            if (node.Value.NextOffset > offset)
            {
                found.Add(node.Value);
                bytes += node.Value.Batches.Length;
            }
        }

        return found;
    }
}

internal readonly record struct CachedRun(long BaseOffset, long NextOffset, ReadOnlyMemory<byte> Batches);
