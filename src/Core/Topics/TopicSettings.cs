using System.Collections.Immutable;
using System.Globalization;
using Serverless.Core.Records;

namespace Serverless.Core.Topics;

/// <summary>A topic's settings by Kafka's names: the overrides that were given; defaults fill the rest.</summary>
public sealed record TopicSettings(ImmutableSortedDictionary<string, string> Overrides)
{
    public static TopicSettings Default { get; } =
        new(ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal));

    /// <summary>Every setting with the value in force, by name.</summary>
    public IEnumerable<EffectiveSetting> Effective => TopicSetting.All.Select(
        setting => new EffectiveSetting(setting.Name, Value(setting), !Overrides.ContainsKey(setting.Name)));

    public bool IdempotencyKeyRequired => Value(TopicSetting.IdempotencyKeyRequired) == "true";

    public int MaxMessageBytes => (int)Number(TopicSetting.MaxMessageBytes);

    /// <summary>How the log stores batches: <c>producer</c> keeps them as the producer made them, and over HTTP it made none.</summary>
    public CompressionType CompressionType =>
        Value(TopicSetting.CompressionType) == "gzip" ? CompressionType.Gzip : CompressionType.None;

    public TimestampType MessageTimestampType =>
        Value(TopicSetting.MessageTimestampType) == "LogAppendTime" ? TimestampType.LogAppendTime : TimestampType.CreateTime;

    /// <summary>Null is unlimited.</summary>
    public long? RetentionBytes => Number(TopicSetting.RetentionBytes) is var bytes and >= 0 ? bytes : null;

    /// <summary>Milliseconds; null is for ever.</summary>
    public long? RetentionMs => Number(TopicSetting.RetentionMs) is var ms and >= 0 ? ms : null;

    public long SegmentBytes => Number(TopicSetting.SegmentBytes);

    public long SegmentMs => Number(TopicSetting.SegmentMs);

    /// <summary>Changes overrides, all or none; a null value goes back to the default. Complains about the first bad one.</summary>
    public TopicSettings? With(IReadOnlyDictionary<string, string?> changes, out string? complaint)
    {
        var overrides = Overrides.ToBuilder();
        foreach (var (name, value) in changes.OrderBy(change => change.Key, StringComparer.Ordinal))
        {
            var setting = TopicSetting.Find(name);
            complaint = setting is null
                ? $"Unknown topic config name: {name}. Known: {string.Join(", ", TopicSetting.All.Select(known => known.Name))}."
                : value is null ? null : setting.Complaint(value);
            if (complaint is not null)
            {
                return null;
            }

            if (value is null)
            {
                overrides.Remove(name);
            }
            else
            {
                overrides[name] = value;
            }
        }

        complaint = null;
        return new TopicSettings(overrides.ToImmutable());
    }

    /// <summary>With room for what we ourselves add to a record; no record is larger than a block takes.</summary>
    internal TopicSettings WithRoom(int bytes)
    {
        var most = Math.Min(MaxMessageBytes + bytes, TopicSetting.MessageBytesMax);
        return new(Overrides.SetItem(TopicSetting.MaxMessageBytes.Name, most.ToString(CultureInfo.InvariantCulture)));
    }

    public bool Equals(TopicSettings? other) => other is not null && Overrides.SequenceEqual(other.Overrides);

    public override int GetHashCode() => Overrides.Count;

    private string Value(TopicSetting setting) => Overrides.GetValueOrDefault(setting.Name) ?? setting.DefaultValue;

    private long Number(TopicSetting setting) => long.Parse(Value(setting), CultureInfo.InvariantCulture);
}

/// <summary>A setting as it is in force.</summary>
public readonly record struct EffectiveSetting(string Name, string Value, bool IsDefault);
