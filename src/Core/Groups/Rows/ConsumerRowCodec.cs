using System.Globalization;
using Serverless.Core.Storage.Rows;

namespace Serverless.Core.Groups.Rows;

internal static class ConsumerRowCodec
{
    public static IReadOnlyDictionary<string, object> Encode(this ConsumerRow row)
    {
        var columns = new Dictionary<string, object>
        {
            ["name"] = row.Name,
            ["id"] = row.Id,
            ["request"] = row.RequestId,
            ["incarnation"] = row.Incarnation,
            ["former"] = row.Former,
            ["joinedEpoch"] = row.JoinedEpoch,
            ["seenEpoch"] = row.SeenEpoch,
            ["lease"] = row.Lease.ToUnixTimeMilliseconds(),
            ["expires"] = row.Expires.ToUnixTimeMilliseconds(),
            ["polledAt"] = row.PolledAt.ToUnixTimeMilliseconds(),
            ["turnTopic"] = row.Turn?.Topic ?? "",
            ["turnPartition"] = row.Turn?.Partition ?? -1,
            ["requests"] = row.Stamps,
            ["pattern"] = row.Subscription?.Pattern ?? "",
            ["consumes"] = row.Subscription switch { null => "", { Pattern: null } => "topics", _ => "pattern" },
        };
        EncodeSettings(columns, row.Settings);
        Packed.Put(columns, "topics", Packed.Bytes(writer =>
            Packed.WriteList(writer, row.Subscription?.Topics ?? [], writer.Write)));
        Packed.Put(columns, "manual", Packed.Bytes(writer => Packed.WriteList(writer, row.Manual, manual =>
        {
            writer.Write(manual.At.Topic);
            writer.Write7BitEncodedInt(manual.At.Partition);
            writer.Write(manual.TopicId);
            writer.Write7BitEncodedInt64(manual.Position);
            writer.Write7BitEncodedInt64(manual.Delivered);
        })));
        return columns;
    }

    public static ConsumerRow Decode(IReadOnlyDictionary<string, object> columns)
    {
        var topics = Packed.Open(columns, "topics");
        var manual = Packed.Open(columns, "manual");
        return new((string)columns["name"], (string)columns["id"], DecodeSettings(columns))
        {
            RequestId = columns.GetValueOrDefault("request") as string ?? "",
            Incarnation = (string)columns["incarnation"],
            Former = (string)columns["former"],
            JoinedEpoch = Int(columns["joinedEpoch"]),
            SeenEpoch = Int(columns["seenEpoch"]),
            Lease = Moment(columns["lease"]),
            Expires = Moment(columns["expires"]),
            PolledAt = Moment(columns["polledAt"]),
            Turn = (string)columns["turnTopic"] is { Length: > 0 } topic
                ? new TopicPartition(topic, Int(columns["turnPartition"]))
                : null,
            Stamps = (string)columns["requests"],
            Subscription = (string)columns["consumes"] switch
            {
                "topics" => new Subscription(Packed.ReadList(topics, topics.ReadString), null),
                "pattern" => new Subscription(null, (string)columns["pattern"]),
                _ => null,
            },
            Manual =
            [
                .. Packed.ReadList(manual, () => new ManualPartition(
                    new TopicPartition(manual.ReadString(), manual.Read7BitEncodedInt()),
                    manual.ReadString(), manual.Read7BitEncodedInt64(), manual.Read7BitEncodedInt64())),
            ],
        };
    }

    private static void EncodeSettings(Dictionary<string, object> columns, ConsumerSettings settings)
    {
        columns["format"] = settings.Format.ToString();
        columns["autoOffsetReset"] = settings.AutoOffsetReset.ToString();
        columns["autoCommit"] = settings.AutoCommit;
        columns["fetchMinBytes"] = settings.FetchMinBytes;
        columns["requestTimeoutMs"] = (long)settings.RequestTimeout.TotalMilliseconds;
        columns["isolationLevel"] = settings.IsolationLevel.ToString();
        columns["deliveryMode"] = settings.DeliveryMode.ToString();
        columns["groupInstanceId"] = settings.GroupInstanceId ?? "";
        columns["assignor"] = settings.Assignor ?? "";
        columns["sessionTimeoutMs"] = (long)settings.SessionTimeout.TotalMilliseconds;
        columns["instanceTimeoutMs"] = (long)settings.InstanceTimeout.TotalMilliseconds;
    }

    private static ConsumerSettings DecodeSettings(IReadOnlyDictionary<string, object> columns) => new()
    {
        Format = Enum.Parse<RecordFormat>((string)columns["format"]),
        AutoOffsetReset = Enum.Parse<AutoOffsetReset>((string)columns["autoOffsetReset"]),
        AutoCommit = (bool)columns["autoCommit"],
        FetchMinBytes = Int(columns["fetchMinBytes"]),
        RequestTimeout = TimeSpan.FromMilliseconds((long)columns["requestTimeoutMs"]),
        IsolationLevel = Enum.Parse<IsolationLevel>((string)columns["isolationLevel"]),
        DeliveryMode = Enum.Parse<DeliveryMode>((string)columns["deliveryMode"]),
        GroupInstanceId = NullIfEmpty((string)columns["groupInstanceId"]),
        Assignor = NullIfEmpty((string)columns["assignor"]),
        SessionTimeout = TimeSpan.FromMilliseconds((long)columns["sessionTimeoutMs"]),
        InstanceTimeout = TimeSpan.FromMilliseconds((long)columns["instanceTimeoutMs"]),
    };

    private static string? NullIfEmpty(string text) => text.Length == 0 ? null : text;

    private static int Int(object column) => Convert.ToInt32(column, CultureInfo.InvariantCulture);

    private static DateTimeOffset Moment(object column) => DateTimeOffset.FromUnixTimeMilliseconds((long)column);
}
