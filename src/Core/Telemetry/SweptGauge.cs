using System.Diagnostics.Metrics;

namespace Serverless.Core.Telemetry;

/// <summary>A number that a sweep finds out. It is shown while it is young: the next sweep may be another process's.</summary>
public sealed class SweptGauge
{
    /// <summary>Two sweeps and a little, at one a minute.</summary>
    public static readonly TimeSpan AgeMax = TimeSpan.FromSeconds(150);

    private readonly ObservableGauge<long> _gauge;
    private Found? _found;

    internal SweptGauge(Meter meter, string name, string unit, string description) =>
        _gauge = meter.CreateObservableGauge(name, Observe, unit, description);

    private sealed record Found(long Value, TimeProvider Clock, long At);

    internal bool Enabled => _gauge.Enabled;

    internal void Set(long value, TimeProvider clock) => Volatile.Write(ref _found, new Found(value, clock, clock.GetTimestamp()));

    private IEnumerable<Measurement<long>> Observe() =>
        Volatile.Read(ref _found) is { } found && found.Clock.GetElapsedTime(found.At) < AgeMax ? [new Measurement<long>(found.Value)] : [];
}
