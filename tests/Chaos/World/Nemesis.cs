namespace Serverless.Chaos.World;

/// <summary>Kills hosts and holds them up, one or all, until it is stopped. Only those of the pool; never the storage.</summary>
internal sealed class Nemesis(HostPool pool, ChaosSettings settings, Tally tally, TimeProvider clock)
{
    private static readonly TimeSpan PauseMin = TimeSpan.FromSeconds(0.2), PauseMax = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan StopMin = TimeSpan.FromSeconds(1), StopAllMax = TimeSpan.FromSeconds(8);
    private const int SuspendedMax = 6;
    private const double KillAll = 0.02, StopAll = 0.02, StopOne = 0.3, KillSuspended = 0.1;

    private readonly Random _random = settings.RandomOf("nemesis");
    private readonly List<Task> _stops = [];

    public async Task RunAsync(CancellationToken stop)
    {
        while (await PauseAsync(_random.Between(PauseMin, PauseMax), stop))
        {
            var draw = _random.NextDouble();
            if (draw < KillAll)
            {
                await Task.WhenAll(pool.Serving.Select(KillAsync));
            }
            else if (draw < KillAll + StopAll)
            {
                // Nobody is there to take over: what has a deadline meets it.
                var pause = _random.LogBetween(StopMin, StopAllMax);
                _stops.AddRange(pool.Serving.Select(host => HoldUpAsync(host, pause, replace: false, stop)));
            }
            else if (draw < KillAll + StopAll + StopOne && pool.Suspended.Count < SuspendedMax)
            {
                if (PickOf(pool.Serving) is { } host)
                {
                    _stops.Add(HoldUpAsync(host, _random.LogBetween(StopMin, settings.StopMax), replace: true, stop));
                }
            }
            else if ((_random.Happens(KillSuspended) ? PickOf(pool.Suspended) : null) is { } suspended)
            {
                await KillAsync(suspended);
            }
            else if (PickOf(pool.Serving) is { } host)
            {
                await KillAsync(host);
            }
        }

        await Task.WhenAll(_stops);
    }

    private HostProcess? PickOf(IReadOnlyList<HostProcess> hosts) => hosts.Count > 0 ? _random.Pick(hosts) : null;

    private Task KillAsync(HostProcess host)
    {
        tally.Killed();
        return pool.KillAsync(host);
    }

    private async Task HoldUpAsync(HostProcess host, TimeSpan pause, bool replace, CancellationToken stop)
    {
        tally.Stopped();
        await pool.SuspendAsync(host, replace);
        await PauseAsync(pause, stop);
        if (!host.IsGone)
        {
            await host.ResumeAsync();
        }
    }

    private async Task<bool> PauseAsync(TimeSpan pause, CancellationToken stop)
    {
        await Task.Delay(pause, clock, stop).ContinueWith(_ => { }, TaskScheduler.Default);
        return !stop.IsCancellationRequested;
    }
}
