using System.Collections.Concurrent;
using Serverless.Chaos.Checks;

namespace Serverless.Chaos.World;

/// <summary>Counts of what was done to the hosts.</summary>
internal sealed class Tally
{
    private readonly ConcurrentDictionary<string, int> _faults = new();
    private readonly ConcurrentQueue<string> _failures = new();
    private int _hosts, _kills, _stops;

    public int Hosts => _hosts;

    public int Kills => _kills;

    public int Stops => _stops;

    public IReadOnlyDictionary<string, int> Faults => _faults;

    /// <summary>What hosts logged as errors. Timers do so for faults, too.</summary>
    public IReadOnlyCollection<string> HostFailures => _failures;

    /// <summary>Requests that ended in an exception which is nobody's failure but ours, whether or not a client was still there to see it.</summary>
    public IEnumerable<Anomaly> HostBugs => _failures.Where(line => line.Contains("failed: answered 500. ", StringComparison.Ordinal))
        .Select(line => new Anomaly("A2", line));

    public void HostStarted() => Interlocked.Increment(ref _hosts);

    public void Killed() => Interlocked.Increment(ref _kills);

    public void Stopped() => Interlocked.Increment(ref _stops);

    public void Fault(string kind) => _faults.AddOrUpdate(kind, 1, (_, count) => count + 1);

    public void HostFailure(string line) => _failures.Enqueue(line);
}
