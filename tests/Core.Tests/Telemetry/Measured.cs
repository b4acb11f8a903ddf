using System.Diagnostics.Metrics;

namespace Serverless.Core.Tests.Telemetry;

/// <summary>One measurement; the tags as <c>name=value</c>, sorted.</summary>
internal sealed record Measurement(string Name, double Value, string Tags);

/// <summary>Makes meters, and keeps what is measured by them and by no others.</summary>
internal sealed class Measured : IMeterFactory
{
    private readonly Lock _gate = new();
    private readonly MeterListener _listener = new();
    private readonly List<Measurement> _all = [];

    public Measured()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Scope == this)
            {
                Instruments.Add(instrument);
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Keep(instrument, value, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Keep(instrument, value, tags));
        _listener.Start();
    }

    public List<Instrument> Instruments { get; } = [];

    public IReadOnlyList<Measurement> All
    {
        get
        {
            lock (_gate)
            {
                return [.. _all];
            }
        }
    }

    public Meter Create(MeterOptions options) => new(options.Name, options.Version, options.Tags, scope: this);

    /// <summary>The sum of what an instrument measured with these tags, or with any.</summary>
    public double Sum(string name, string? tags = null) =>
        All.Where(one => one.Name == name && (tags is null || one.Tags == tags)).Sum(one => one.Value);

    /// <summary>The distinct tags of an instrument's measurements.</summary>
    public IReadOnlyList<string> TagsOf(string name) =>
        [.. All.Where(one => one.Name == name).Select(one => one.Tags).Distinct().Order(StringComparer.Ordinal)];

    /// <summary>What an observed instrument shows now: its tags and its value.</summary>
    public IReadOnlyList<(string Tags, double Value)> Observe(string name)
    {
        lock (_gate)
        {
            _all.RemoveAll(one => one.Name == name);
        }

        _listener.RecordObservableInstruments();
        return [.. All.Where(one => one.Name == name).Select(one => (one.Tags, one.Value))];
    }

    public void Dispose() => _listener.Dispose();

    private void Keep(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var sorted = string.Join(' ', tags.ToArray().Select(tag => $"{tag.Key}={tag.Value}").Order(StringComparer.Ordinal));
        lock (_gate)
        {
            _all.Add(new(instrument.Name, value, sorted));
        }
    }
}
