using System.Diagnostics.Metrics;
using System.Globalization;
using Serverless.Core.Groups;

namespace Serverless.Core.Telemetry;

/// <summary>Consumer lag by group and partition, as the last sweep found it; see <see cref="LagSweep"/>.</summary>
public sealed class ConsumerLag
{
    private readonly ObservableGauge<long> _gauge;
    private Found? _found;

    internal ConsumerLag(Meter meter) => _gauge = meter.CreateObservableGauge(
        "serverless.consumer.lag", Observe, "{message}", "Records between the committed offset of a group and the end of the partition.");

    private sealed record Found(IReadOnlyList<Measurement<long>> Lags, TimeProvider Clock, long At);

    /// <summary>Whether anybody would see it: nothing is looked up for nobody.</summary>
    internal bool Enabled => _gauge.Enabled;

    internal void Set(IEnumerable<(string Group, PartitionLag Lag)> lags, TimeProvider clock) => Volatile.Write(
        ref _found,
        new Found(
            [
                .. lags.Select(one => new Measurement<long>(
                    one.Lag.Lag,
                    new KeyValuePair<string, object?>(TelemetryAttributes.Group, one.Group),
                    new KeyValuePair<string, object?>(TelemetryAttributes.Topic, one.Lag.At.Topic),
                    new KeyValuePair<string, object?>(TelemetryAttributes.Partition, one.Lag.At.Partition.ToString(CultureInfo.InvariantCulture)))),
            ],
            clock, clock.GetTimestamp()));

    // What is old is not shown: the sweep may have gone over to another process, which shows what is true.
    private IEnumerable<Measurement<long>> Observe() =>
        Volatile.Read(ref _found) is { } found && found.Clock.GetElapsedTime(found.At) < SweptGauge.AgeMax ? found.Lags : [];
}
