using System.Globalization;
using System.Text;
using Serverless.Core.Log;
using Serverless.Core.Records;

namespace Serverless.Core.Delivery;

/// <summary>Records whose last attempt has failed: what tells where they are from, and how they go back.</summary>
public static class DeadLetters
{
    /// <summary>What the headers of a dead letter begin with; the record's own are left as they are.</summary>
    public const string Prefix = "dead.letter.";

    public const string Topic = Prefix + "topic";
    public const string Partition = Prefix + "partition";
    public const string Offset = Prefix + "offset";
    public const string Timestamp = Prefix + "timestamp";
    public const string Group = Prefix + "group";
    public const string Error = Prefix + "error";
    public const string Attempts = Prefix + "attempts";

    /// <summary>Of a record that was sent back: the offset of its dead letter.</summary>
    public const string Replayed = Prefix + "replayed";

    private const int ErrorCharsMax = 1_000;

    // All of the headers, with the longest names and an error of the widest characters: less than 6 KiB.
    private const int HeaderBytesMax = 8 * 1024;

    /// <summary>
    /// The topic as a letter, or a record on its way back, finds it: <c>max.message.bytes</c> is for records, and what we put on top of them is
    /// no reason to have them nowhere to go.
    /// </summary>
    internal static Topics.Topic RoomIn(Topics.Topic to) => to with { Settings = to.Settings.WithRoom(HeaderBytesMax) };

    internal static IEnumerable<RecordHeader> Of(TopicPartition at, DeliveredRecord record, string group, string error, int attempts)
    {
        yield return Header(Topic, at.Topic);
        yield return Header(Partition, Text(at.Partition));
        yield return Header(Offset, Text(record.Offset));
        yield return Header(Timestamp, Text(record.Timestamp));
        yield return Header(Group, group);
        yield return Header(Error, error.Length <= ErrorCharsMax ? error : error[..ErrorCharsMax]);
        yield return Header(Attempts, Text(attempts));
    }

    /// <summary>Where a dead letter of a group is from; null where its headers do not tell, or tell of another group.</summary>
    public static TopicPartition? OriginOf(DeliveredRecord letter, string group) =>
        Find(letter, Group) == group && Find(letter, Topic) is { } topic
        && int.TryParse(Find(letter, Partition), NumberStyles.None, CultureInfo.InvariantCulture, out var partition)
            ? new TopicPartition(topic, partition)
            : null;

    /// <summary>The record as it was, on its way back.</summary>
    public static ProduceRecord Back(DeliveredRecord letter, int partition)
    {
        var own = letter.Headers.Where(header => !header.Key.StartsWith(Prefix, StringComparison.Ordinal));
        var record = letter with { Headers = [.. own] };
        return record.To(partition, [Header(Replayed, Text(letter.Offset))]);
    }

    private static string? Find(DeliveredRecord letter, string name)
    {
        // The last one: a dead letter of a dead letter has the headers of both.
        var value = letter.Headers.LastOrDefault(header => header.Key == name).Value;
        return value is { } bytes ? Encoding.UTF8.GetString(bytes.Span) : null;
    }

    private static RecordHeader Header(string name, string value) => new(name, Encoding.UTF8.GetBytes(value));

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);
}
