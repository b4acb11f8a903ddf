namespace Serverless.Core.Log;

/// <summary>How long a block waits before it is sent: for company when appends are frequent, and out of the way of other writers.</summary>
/// <remarks>
/// Additive increase, multiplicative decrease (RFC 5681's idea), on the wait between our blocks instead of a window. With w
/// for the wait in units of the time that an append takes, a refusal adds 8 √w and a success takes 14 percent away. Of n
/// writers' attempts, p = (n - 1) / w are refused, and gains and losses cancel at p / (1 - p) = 0.019 √w: about one attempt
/// in fifteen with two writers, one in seven with eight, one in four with thirty-two, whatever the latency. A refusal that
/// added the same to any wait would cost two writers half of their throughput; one that added in proportion would leave
/// nothing that makes the writers' waits equal.
/// </remarks>
internal sealed class LingerControl(LogOptions options, Random random)
{
    private const double IncreaseInLatencies = 8;
    private const double Decrease = 0.86;

    // Below this many latencies another writer is unlikely to come between, and waiting would be for nothing.
    private const double WorthInLatencies = 1;

    private double _waitMs;
    private double _latencyMs = 5;
    private int _samples = 1;

    /// <summary>Whether other writers were met lately, so that a look at the tail before an append pays.</summary>
    public bool Contended => _waitMs > WorthInLatencies * _latencyMs;

    public void Won(TimeSpan latency)
    {
        Learn(latency);
        _waitMs = Contended ? _waitMs * Decrease : 0;
    }

    public void Lost(TimeSpan latency)
    {
        Learn(latency);
        var increaseMs = IncreaseInLatencies * Math.Sqrt(Math.Max(1, _waitMs / _latencyMs)) * _latencyMs;
        _waitMs = Math.Min(_waitMs + increaseMs, options.LingerMax.TotalMilliseconds);
    }

    /// <summary>The wait before the next block. <c>busy</c>: appends arrived while the last block was under way.</summary>
    public TimeSpan Next(bool busy)
    {
        // Spread by half to either side, so that writers that met once do not meet again.
        var apart = Contended ? _waitMs * (0.5 + random.NextDouble()) : 0;
        return TimeSpan.FromMilliseconds(Math.Max(apart, busy ? options.Linger.TotalMilliseconds : 0));
    }

    // The mean of the first ten, then a moving one: writers meet at their first appends, and must know by then what to keep
    // apart by. The first of all may have had a connection to make, so it does not count for more than our guess does.
    private void Learn(TimeSpan latency)
    {
        _samples = Math.Min(_samples + 1, 10);
        _latencyMs += (Math.Clamp(latency.TotalMilliseconds, 0.5, 200) - _latencyMs) / _samples;
    }
}
