using System.Text.Json;
using Serverless.Core.Groups;
using Serverless.Core.Storage;
using Serverless.Core.Storage.Rows;

namespace Serverless.Core.Delivery;

/// <summary>One row a delivery, all in one partition key, so that listing them is one query. Names in quotes are stored.</summary>
internal static class DeliveryRow
{
    public const string Partition = "deliveries";

    public const string Prefix = "d|";

    public static string Row(string group) => Prefix + KeyEncoding.Encode(group);

    public static Dictionary<string, object> Encode(GroupDelivery value)
    {
        var columns = new Dictionary<string, object>
        {
            ["group"] = value.Group,
            ["version"] = value.Version,
            ["secret"] = value.Secret.ToArray(),
            ["paused"] = value.Paused,
            ["because"] = value.PausedBecause ?? "",
            ["createdAt"] = value.CreatedAt.ToUnixTimeMilliseconds(),
        };
        Packed.Put(columns, "settings", JsonSerializer.SerializeToUtf8Bytes(Stored.Of(value.Settings)));
        return columns;
    }

    public static GroupDelivery Decode(StoredRow row)
    {
        var columns = row.Columns;
        using var packed = Packed.Open(columns, "settings");
        var settings = JsonSerializer.Deserialize<Stored>(packed.BaseStream)!.Settings();
        return new GroupDelivery((string)columns["group"], settings, (string)columns["version"], (byte[])columns["secret"])
        {
            Paused = (bool)columns["paused"],
            PausedBecause = (string)columns["because"] is { Length: > 0 } because ? because : null,
            CreatedAt = DateTimeOffset.FromUnixTimeMilliseconds((long)columns["createdAt"]),
            ETag = row.ETag,
        };
    }

    /// <summary>The stored form. Rename a property at will, and keep its old name for the JSON.</summary>
    private sealed record Stored(
        IReadOnlyList<string>? Topics, string? Pattern, string Target, string Name, int Body, int Format,
        IReadOnlyDictionary<string, string>? Headers, int RecordsMax, long BytesMax, long LingerMs, long BackoffMs, long BackoffMaxMs,
        int? AttemptsMax, long? TimeMaxMs, string? DeadLetterTopic, int WorkersMax, int Start, long StartMs)
    {
        public static Stored Of(DeliverySettings value)
        {
            var (target, name) = value.Target switch
            {
                DeliveryTarget.Webhook webhook => ("webhook", webhook.Url.AbsoluteUri),
                DeliveryTarget.Handler handler => ("handler", handler.Name),
                DeliveryTarget.Topic topic => ("topic", topic.Name),
                _ => throw new InvariantException($"Not a target: {value.Target}"),
            };
            var hook = value.Target as DeliveryTarget.Webhook;
            return new(
                value.Subscription.Topics, value.Subscription.Pattern, target, name, (int)(hook?.Body ?? 0), (int)(hook?.Format ?? 0),
                (value.Target as DeliveryTarget.Topic)?.Headers, value.RecordsMax, value.BytesMax, Ms(value.Linger),
                Ms(value.Retry.BackoffMin), Ms(value.Retry.BackoffMax), value.Retry.AttemptsMax,
                value.Retry.TimeMax is { } timeMax ? Ms(timeMax) : null, value.DeadLetterTopic, value.WorkersMax,
                (int)value.Start.Kind, value.Start.TimestampMs);
        }

        public DeliverySettings Settings() => new(new Subscription(Topics, Pattern), TargetOf())
        {
            RecordsMax = RecordsMax,
            BytesMax = BytesMax,
            Linger = TimeSpan.FromMilliseconds(LingerMs),
            Retry = new RetryPolicy
            {
                BackoffMin = TimeSpan.FromMilliseconds(BackoffMs),
                BackoffMax = TimeSpan.FromMilliseconds(BackoffMaxMs),
                AttemptsMax = AttemptsMax,
                TimeMax = TimeMaxMs is { } timeMax ? TimeSpan.FromMilliseconds(timeMax) : null,
            },
            DeadLetterTopic = DeadLetterTopic,
            WorkersMax = WorkersMax,
            Start = new DeliveryStart((SeekKind)Start, StartMs),
        };

        private DeliveryTarget TargetOf() => Target switch
        {
            "webhook" => new DeliveryTarget.Webhook(new Uri(Name), (WebhookBody)Body, (RecordFormat)Format),
            "handler" => new DeliveryTarget.Handler(Name),
            _ => new DeliveryTarget.Topic(Name, Headers ?? new Dictionary<string, string>()),
        };

        private static long Ms(TimeSpan span) => (long)span.TotalMilliseconds;
    }
}
