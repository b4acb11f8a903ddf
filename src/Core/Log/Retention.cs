using Serverless.Core.Topics;

namespace Serverless.Core.Log;

/// <summary>Which segments may go. Pure; Kafka's rules for <c>retention.ms</c> and <c>retention.bytes</c>.</summary>
internal static class Retention
{
    /// <summary>The new log start offset, given the ended segments in order and the active one.</summary>
    /// <remarks>
    /// By time, a segment goes when its newest record is older than <c>retention.ms</c>; by size, while the log without it
    /// still has <c>retention.bytes</c>. Only from the oldest on, so that the log keeps no holes.
    /// </remarks>
    public static long StartAfter(
        long start, IReadOnlyList<RolledSegment> ended, long activeBytes, TopicSettings settings, long nowMs)
    {
        var bytes = activeBytes + ended.Sum(segment => segment.Bytes);
        foreach (var segment in ended)
        {
            var old = settings.RetentionMs is { } ms && nowMs - segment.MaxTimestamp > ms;
            var tooMuch = settings.RetentionBytes is { } limit && bytes - segment.Bytes >= limit;
            if (!old && !tooMuch)
            {
                break;
            }

            start = segment.EndOffset;
            bytes -= segment.Bytes;
        }

        return start;
    }

    /// <summary>Whether the active segment has to end so that it can go: all that it holds is too old.</summary>
    public static bool EndsActive(LogTail tail, TopicSettings settings, long nowMs) =>
        !tail.SegmentIsEmpty && !tail.Closed && settings.RetentionMs is { } ms && nowMs - tail.SegmentMaxTimestamp > ms;

    /// <summary>When a look is due again, ms: nothing can grow too old before. Null: at the next sweep.</summary>
    public static long? DueAgain(
        IReadOnlyList<RolledSegment> kept, LogTail tail, TopicSettings settings, long nowMs)
    {
        if (settings.RetentionBytes is not null)
        {
            return null;
        }

        if (settings.RetentionMs is not { } ms)
        {
            return long.MaxValue;
        }

        var oldest = kept.Count > 0 ? kept[0].MaxTimestamp : tail.SegmentIsEmpty ? nowMs : tail.SegmentMaxTimestamp;
        return ms > long.MaxValue - Math.Max(0, oldest) ? long.MaxValue : oldest + ms;
    }
}

/// <summary>What retention did. <c>DueAgainMs</c>: nothing can grow too old before; null is at the next sweep.</summary>
internal readonly record struct RetentionAnswer(long LogStartOffset, bool More, long? DueAgainMs);
