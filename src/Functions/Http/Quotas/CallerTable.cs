using System.Collections.Concurrent;

namespace Serverless.Functions.Http.Quotas;

/// <summary>Callers and what they have used; no more of them than a bound, whoever comes.</summary>
/// <remarks>
/// Who is idle is forgotten, which changes nothing for it. Where all are busy, those that come share what one caller has: a flood from ever
/// new addresses costs neither memory nor more than a caller's allowance, and gives none that is known a second one.
/// </remarks>
internal sealed class CallerTable(QuotaOptions options, TimeProvider clock)
{
    private static readonly TimeSpan SweepInterval = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<string, CallerMeters> _known = new(StringComparer.Ordinal);
    private readonly CallerMeters _others = new(options, clock);
    private readonly Lock _entering = new();
    private int _count;
    private long _sweptAt = clock.GetTimestamp();

    /// <summary>How many are told apart now.</summary>
    public int Count => Volatile.Read(ref _count);

    public CallerMeters Of(string caller)
    {
        if (_known.TryGetValue(caller, out var known))
        {
            return known;
        }

        // New callers come one at a time, so that the bound is one. Known ones pass beside.
        lock (_entering)
        {
            if (_known.TryGetValue(caller, out known))
            {
                return known;
            }

            if (clock.GetElapsedTime(_sweptAt) >= SweepInterval)
            {
                _sweptAt = clock.GetTimestamp();
                Sweep();
            }

            if (_count == options.CallersMax)
            {
                return _others;
            }

            // Counted here, as to ask the dictionary would lock all of it.
            _count++;
            return _known[caller] = new CallerMeters(options, clock);
        }
    }

    // Who came back meanwhile has the object that is forgotten, for the one request: no more than that is lost.
    private void Sweep()
    {
        foreach (var (caller, meters) in _known)
        {
            if (meters.IsIdle && _known.TryRemove(caller, out _))
            {
                _count--;
            }
        }
    }
}
