using System.Collections.Concurrent;

namespace Serverless.Chaos.World;

/// <summary>The hosts of a run: as many serve as there should be, however many are killed or stand still.</summary>
/// <remarks>
/// As a platform would, it starts another for each that no longer serves. One that goes on after it stood still serves
/// again, so for a while there is one too many; the next kills are not made up for.
/// </remarks>
internal sealed class HostPool(string storage, ChaosSettings settings, Tally tally, TimeProvider clock) : IAsyncDisposable
{
    private readonly Random _seeds = settings.RandomOf("faults");
    private readonly Lock _lock = new();
    private readonly List<HostProcess> _hosts = [];
    private readonly ConcurrentDictionary<Task, bool> _launches = new();
    private int _count, _starting;
    private double _faultRate = ChaosSettings.FaultRate;

    public IReadOnlyList<HostProcess> Serving => Where(host => !host.IsSuspended);

    public IReadOnlyList<HostProcess> Suspended => Where(host => host.IsSuspended);

    /// <summary>Starts as many as are missing, and returns when they serve.</summary>
    public Task FillAsync()
    {
        int missing;
        lock (_lock)
        {
            missing = ChaosSettings.Hosts - _hosts.Count(host => !host.IsSuspended) - _starting;
            _starting += Math.Max(0, missing);
        }

        return Task.WhenAll(Enumerable.Range(0, Math.Max(0, missing)).Select(_ => StartAsync()));
    }

    /// <summary>The same, without anybody waiting for it.</summary>
    public void Refill()
    {
        var launch = FillAsync();
        _launches[launch] = true;
    }

    public async Task KillAsync(HostProcess host)
    {
        lock (_lock)
        {
            _hosts.Remove(host);
        }

        await host.KillAsync();
        await host.DisposeAsync();
        Refill();
    }

    public async Task SuspendAsync(HostProcess host, bool replace)
    {
        await host.SuspendAsync();
        if (replace)
        {
            Refill();
        }
    }

    /// <summary>A host to ask: one that answers, as far as is known. Clients are not told which ones stand still.</summary>
    public HostProcess? Pick(Random random, string? butNot = null)
    {
        var all = Where(host => host.Name != butNot);
        var answering = all.Where(host => !host.Silence.IsLong(clock)).ToList();
        return answering.Count > 0 ? random.Pick(answering) : all.Count > 0 ? random.Pick(all) : null;
    }

    /// <summary>Hosts without faults take over. Those that were there have some time to finish what they still have to do.</summary>
    public async Task HealAsync(TimeSpan drain)
    {
        await LaunchesAsync();
        var former = Where(_ => true);
        foreach (var host in former.Where(host => host.IsSuspended))
        {
            await host.ResumeAsync();
        }

        lock (_lock)
        {
            _hosts.Clear();
            _faultRate = 0;
        }

        await FillAsync();
        await Task.Delay(drain, clock);
        foreach (var host in former)
        {
            await host.KillAsync();
            await host.DisposeAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await LaunchesAsync();
        foreach (var host in Where(_ => true))
        {
            await host.DisposeAsync();
        }
    }

    private IReadOnlyList<HostProcess> Where(Func<HostProcess, bool> condition)
    {
        lock (_lock)
        {
            return [.. _hosts.Where(condition)];
        }
    }

    private async Task StartAsync()
    {
        try
        {
            int seed;
            lock (_lock)
            {
                seed = _seeds.Next();
            }

            var name = $"h{Interlocked.Increment(ref _count)}";
            var host = await HostProcess.StartAsync(name, storage, _faultRate, seed, tally.Fault, tally.HostFailure);
            tally.HostStarted();
            lock (_lock)
            {
                _hosts.Add(host);
            }
        }
        finally
        {
            lock (_lock)
            {
                _starting--;
            }
        }
    }

    private async Task LaunchesAsync()
    {
        foreach (var launch in _launches.Keys)
        {
            await launch;
            _launches.TryRemove(launch, out _);
        }
    }
}
