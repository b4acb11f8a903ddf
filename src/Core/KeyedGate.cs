namespace Serverless.Core;

/// <summary>Lets those who name the same key through one at a time, in the order in which they came.</summary>
/// <remarks>Only spares this process's requests from conflicting with each other: safety is the ETags'.</remarks>
internal sealed class KeyedGate
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Entry> _entries = [];

    private sealed class Entry
    {
        public Turnstile Turn { get; } = new();

        public int Users { get; set; }
    }

    public async ValueTask<Pass> EnterAsync(string key, CancellationToken cancellationToken)
    {
        var entry = Use(key);
        try
        {
            await entry.Turn.EnterAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            Drop(key, entry);
            throw;
        }

        return new Pass(this, key);
    }

    /// <summary>Null when the patience was over first.</summary>
    public async ValueTask<Pass?> TryEnterAsync(
        string key, TimeSpan patience, TimeProvider clock, CancellationToken cancellationToken)
    {
        var entry = Use(key);
        var isIn = false;
        try
        {
            isIn = await entry.Turn.TryEnterAsync(patience, clock, cancellationToken);
        }
        finally
        {
            if (!isIn)
            {
                Drop(key, entry);
            }
        }

        return isIn ? new Pass(this, key) : null;
    }

    private Entry Use(string key)
    {
        lock (_lock)
        {
            if (!_entries.TryGetValue(key, out var entry))
            {
                _entries.Add(key, entry = new Entry());
            }

            entry.Users++;
            return entry;
        }
    }

    private void Leave(string key)
    {
        Entry entry;
        lock (_lock)
        {
            entry = _entries[key];
        }

        entry.Turn.Leave();
        Drop(key, entry);
    }

    private void Drop(string key, Entry entry)
    {
        lock (_lock)
        {
            if (--entry.Users == 0)
            {
                _entries.Remove(key);
            }
        }
    }

    /// <summary>Held while inside; disposing lets the next one in.</summary>
    public readonly struct Pass(KeyedGate gate, string key) : IDisposable
    {
        public void Dispose() => gate.Leave(key);
    }
}
