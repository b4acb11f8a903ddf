using Serverless.Simulation.Engine;

namespace Serverless.Simulation.World;

/// <summary>What happened, in words; the last of it is kept, all of it is hashed.</summary>
internal sealed class History(EventLoop loop)
{
    // HISTORY: how many of the last events a failure shows.
    private static readonly int Kept =
        int.TryParse(Environment.GetEnvironmentVariable("HISTORY"), out var kept) ? kept : 200;

    // HISTORY=live: to the error stream as it happens, for a seed that never ends.
    private static readonly bool IsLive = Environment.GetEnvironmentVariable("HISTORY") == "live";

    private readonly Queue<string> _last = new();

    public long Events { get; private set; }

    public void Add(string who, string what)
    {
        Events++;
        var line = $"{loop.Now.TotalSeconds,11:F4}s {who,-5} {what}";
        loop.Trace.Add(line);
        if (IsLive)
        {
            Console.Error.WriteLine(line);
        }

        if (_last.Count == Kept)
        {
            _last.Dequeue();
        }

        _last.Enqueue(line);
    }

    public override string ToString() => string.Join(Environment.NewLine, _last);
}
