using Serverless.Simulation.Engine;
using Serverless.Simulation.Storage;

namespace Serverless.Simulation.World;

/// <summary>What happened; the last of it is kept, all of it is hashed.</summary>
/// <remarks>There are thousands of events in a seed, and only a seed that fails shows some: so words are made for those alone.</remarks>
internal sealed class History(EventLoop loop)
{
    // HISTORY: how many of the last events a failure shows.
    private static readonly int Kept =
        int.TryParse(Environment.GetEnvironmentVariable("HISTORY"), out var kept) ? kept : 200;

    // HISTORY=live: to the error stream as it happens, for a seed that never ends.
    private static readonly bool IsLive = Environment.GetEnvironmentVariable("HISTORY") == "live";

    private readonly Queue<Event> _last = new();

    public long Events { get; private set; }

    public void Add(string who, string what)
    {
        loop.Trace.Add(what);
        Add(new Event(loop.Now, who, what, Fault.None));
    }

    /// <summary>A call of storage, and what becomes of it.</summary>
    public void Add(string who, IStorageRequest what, Fault fault)
    {
        what.AddTo(loop.Trace);
        loop.Trace.Add((long)fault);
        Add(new Event(loop.Now, who, what, fault));
    }

    public override string ToString() => string.Join(Environment.NewLine, _last);

    private void Add(in Event happened)
    {
        Events++;
        loop.Trace.Add(happened.At.Ticks);
        loop.Trace.Add(happened.Who);
        if (IsLive)
        {
            Console.Error.WriteLine(happened);
        }

        if (_last.Count == Kept)
        {
            _last.Dequeue();
        }

        _last.Enqueue(happened);
    }

    private readonly record struct Event(TimeSpan At, string Who, object What, Fault Fault)
    {
        public override string ToString() =>
            $"{At.TotalSeconds,11:F4}s {Who,-5} {What}{(Fault == Fault.None ? "" : $" ✗ {Fault}")}";
    }
}
