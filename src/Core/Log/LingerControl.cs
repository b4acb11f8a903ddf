namespace Serverless.Core.Log;

/// <summary>How long a block waits before it is sent: for company when appends are frequent, and out of the way of other writers.</summary>
/// <remarks>
/// Additive increase, multiplicative decrease (RFC 5681's idea), on the wait between our blocks instead of a window. A
/// refusal adds twenty times the time that an append takes; each success takes six percent away. With n writers
/// that settles where about one attempt in seven is refused, whatever the latency and whatever n: the chance of a
/// refusal is about (n - 1) · latency / wait, and gains and losses cancel at p / (1 - p) = 0.06 · wait / (20 · latency).
/// Simulated (ContentionTests): eight writers of 400 appends each, from a cold start, need 1.12 to 1.27 attempts a block
/// at storage latencies of 2 to 20 ms. Ten times and three percent settle at the same place but take longer to get there:
/// 1.13 to 1.36.
/// </remarks>
internal sealed class LingerControl(LogOptions options, Random random)
{
    private const double IncreaseInLatencies = 20;
    private const double Decrease = 0.94;

    // Below this many latencies another writer is unlikely to come between, and waiting would be for nothing.
    private const double WorthInLatencies = 1;

    private double _waitMs;
    private double _latencyMs = 5;

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
        _waitMs = Math.Min(_waitMs + (IncreaseInLatencies * _latencyMs), options.LingerMax.TotalMilliseconds);
    }

    /// <summary>The wait before the next block. <c>busy</c>: appends arrived while the last block was under way.</summary>
    public TimeSpan Next(bool busy)
    {
        // Spread by half to either side, so that writers that met once do not meet again.
        var apart = Contended ? _waitMs * (0.5 + random.NextDouble()) : 0;
        return TimeSpan.FromMilliseconds(Math.Max(apart, busy ? options.Linger.TotalMilliseconds : 0));
    }

    private void Learn(TimeSpan latency) =>
        _latencyMs = (0.9 * _latencyMs) + (0.1 * Math.Clamp(latency.TotalMilliseconds, 0.5, 200));
}
