namespace Serverless.Core.Groups;

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
        Entry entry;
        lock (_lock)
        {
            if (!_entries.TryGetValue(key, out entry!))
            {
                _entries.Add(key, entry = new Entry());
            }

            entry.Users++;
        }

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
