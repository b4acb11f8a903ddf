using System.Globalization;

namespace Serverless.Core.Topics;

/// <summary>One setting that a topic can have: Kafka's name, its default here, and what values it takes.</summary>
/// <remarks>
/// Only settings that are enforced are listed; any other name is refused, so that nobody relies on one that does
/// nothing. Names, meanings and defaults are those of Kafka's topic configuration reference, but for <c>idempotency.key.required</c>.
/// </remarks>
public sealed class TopicSetting
{
    public static TopicSetting CleanupPolicy { get; } = OneOf("cleanup.policy", "delete");

    public static TopicSetting CompressionType { get; } = OneOf("compression.type", "producer", "uncompressed", "gzip");

    /// <summary>Whether produce requests must be such as may come again: with an idempotency key, or of an idempotent producer.</summary>
    public static TopicSetting IdempotencyKeyRequired { get; } = OneOf("idempotency.key.required", "false", "true");

    internal const int MessageBytesMax = Limits.BlockBytesMax - 1024;

    /// <summary>The largest record, encoded, in bytes. A record must fit one block of 4 MiB with its batch header.</summary>
    public static TopicSetting MaxMessageBytes { get; } = Number("max.message.bytes", 1_048_588, 1, MessageBytesMax);

    public static TopicSetting MessageTimestampType { get; } = OneOf("message.timestamp.type", "CreateTime", "LogAppendTime");

    /// <summary>The log is cut at segment boundaries while it is larger than this; -1 is unlimited.</summary>
    public static TopicSetting RetentionBytes { get; } = Number("retention.bytes", -1, -1, long.MaxValue);

    /// <summary>A segment may go when its newest record is older than this; -1 is for ever.</summary>
    public static TopicSetting RetentionMs { get; } = Number("retention.ms", 604_800_000, -1, long.MaxValue);

    public static TopicSetting SegmentBytes { get; } = Number("segment.bytes", 1_073_741_824, 14, int.MaxValue);

    public static TopicSetting SegmentMs { get; } = Number("segment.ms", 604_800_000, 1, long.MaxValue);

    /// <summary>All settings, by name.</summary>
    public static IReadOnlyList<TopicSetting> All { get; } =
    [
        CleanupPolicy, CompressionType, IdempotencyKeyRequired, MaxMessageBytes, MessageTimestampType, RetentionBytes, RetentionMs, SegmentBytes,
        SegmentMs,
    ];

    private readonly Func<string, string?> _complaint;

    private TopicSetting(string name, string defaultValue, Func<string, string?> complaint) =>
        (Name, DefaultValue, _complaint) = (name, defaultValue, complaint);

    public string Name { get; }

    public string DefaultValue { get; }

    public static TopicSetting? Find(string name) => All.FirstOrDefault(setting => setting.Name == name);

    /// <summary>What is wrong with a value, for people; null when it is fine.</summary>
    public string? Complaint(string value) => _complaint(value);

    private static TopicSetting OneOf(string name, params string[] values) => new(
        name,
        values[0],
        value => values.Contains(value, StringComparer.Ordinal)
            ? null
            : $"{name} takes {string.Join(", ", values)}, not '{Shown(value)}'.");

    private static TopicSetting Number(string name, long defaultValue, long min, long max) => new(
        name,
        defaultValue.ToString(CultureInfo.InvariantCulture),
        value => TryParse(value, out var number) && number >= min && number <= max
            ? null
            : $"{name} takes a whole number from {min} to {max}, not '{Shown(value)}'.");

    // One spelling a number: no sign but '-', no leading zero, no blanks.
    private static bool TryParse(string value, out long number) =>
        long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number)
        && number.ToString(CultureInfo.InvariantCulture) == value;

    private static string Shown(string value) => value.Length <= 64 ? value : string.Concat(value.AsSpan(0, 64), "…");
}
