using System.Text.Json;
using Serverless.Core.Delivery;
using Serverless.Core.Groups;
using Serverless.Functions.Access;
using Serverless.Functions.Http.Transactions;
using Serverless.Functions.Http.V3;

namespace Serverless.Functions.Http.Delivery;

/// <summary>A delivery as v3 shows it: its settings without any secret, how far it is, and what is wrong.</summary>
internal static class DeliveryWriter
{
    public static Problem NotFound { get; } = Problem.NotFound("The consumer group has no delivery.");

    /// <summary>Its state is that of all its partitions; of topics that the caller may not describe nothing is named.</summary>
    public static void Write(Utf8JsonWriter json, Links links, DeliveryView view, Caller caller)
    {
        var delivery = view.Delivery;
        var shown = view with { Partitions = [.. view.Partitions.Where(partition => caller.MaySeeTopic(partition.At.Topic))] };
        V3Writer.Begin(
            json, "KafkaDelivery", links.Delivery(delivery.Group),
            links.ResourceName(("consumer-group", delivery.Group), ("delivery", "")), links.ClusterId);
        json.WriteString("consumer_group_id"u8, delivery.Group);
        json.WriteString("state"u8, view.State);
        json.WriteBoolean("paused"u8, delivery.Paused);
        json.WriteString("paused_reason"u8, delivery.PausedBecause);
        StateWriter.Moment(json, "created_at"u8, delivery.CreatedAt);
        Settings(json, delivery.Settings, caller);
        json.WriteNumber("workers"u8, view.Workers);
        json.WriteNumber("total_lag"u8, shown.Partitions.Sum(partition => partition.Lag));
        LastError(json, shown.Worst);
        json.WriteStartArray("partitions"u8);
        foreach (var partition in shown.Partitions)
        {
            Partition(json, partition);
        }

        json.WriteEndArray();
        V3Writer.Related(json, "consumer_group", links.Group(delivery.Group));
        json.WriteEndObject();
    }

    private static void Settings(Utf8JsonWriter json, DeliverySettings settings, Caller caller)
    {
        json.WritePropertyName("topics"u8);
        Names(json, settings.Subscription.Topics?.Where(caller.MaySeeTopic));
        json.WriteString("topic_pattern"u8, settings.Subscription.Pattern);
        json.WriteStartObject("target"u8);
        Target(json, settings.Target, caller);
        json.WriteEndObject();
        if (settings.Start.Kind == SeekKind.Timestamp)
        {
            json.WriteNumber("start"u8, settings.Start.TimestampMs);
        }
        else
        {
            json.WriteString("start"u8, settings.Start.Kind == SeekKind.Beginning ? "earliest" : "latest");
        }

        json.WriteNumber("batch.max.records"u8, settings.RecordsMax);
        json.WriteNumber("batch.max.bytes"u8, settings.BytesMax);
        json.WriteNumber("batch.wait.ms"u8, Ms(settings.Linger));
        json.WriteNumber("retry.backoff.ms"u8, Ms(settings.Retry.BackoffMin));
        json.WriteNumber("retry.backoff.max.ms"u8, Ms(settings.Retry.BackoffMax));
        Number(json, "retry.attempts"u8, settings.Retry.AttemptsMax);
        Number(json, "retry.timeout.ms"u8, settings.Retry.TimeMax is { } time ? Ms(time) : null);
        json.WriteString(
            "dead_letter_topic"u8, settings.DeadLetterTopic is { } letters && caller.MaySeeTopic(letters) ? letters : null);
        json.WriteNumber("workers.max"u8, settings.WorkersMax);
    }

    private static void Target(Utf8JsonWriter json, DeliveryTarget target, Caller caller)
    {
        switch (target)
        {
            case DeliveryTarget.Webhook webhook:
                json.WriteString("type"u8, "webhook");
                json.WriteString("url"u8, webhook.Url.AbsoluteUri);
                json.WriteString("body"u8, webhook.Body == WebhookBody.Records ? "records" : "cloudevents");
                json.WriteString("format"u8, webhook.Format == RecordFormat.Json ? "json" : "binary");
                break;
            case DeliveryTarget.Handler handler:
                json.WriteString("type"u8, "handler");
                json.WriteString("name"u8, handler.Name);
                break;
            case DeliveryTarget.Topic topic:
                json.WriteString("type"u8, "topic");
                json.WriteString("name"u8, caller.MaySeeTopic(topic.Name) ? topic.Name : null);
                json.WriteStartObject("headers"u8);
                foreach (var (name, value) in topic.Headers)
                {
                    json.WriteString(name, value);
                }

                json.WriteEndObject();
                break;
        }
    }

    private static void LastError(Utf8JsonWriter json, PartitionProgress? worst)
    {
        if (worst?.Range is not { Attempts: > 0 } range)
        {
            json.WriteNull("last_error"u8);
            return;
        }

        json.WriteStartObject("last_error"u8);
        json.WriteString("topic"u8, worst.At.Topic);
        json.WriteNumber("partition"u8, worst.At.Partition);
        json.WriteNumber("offset"u8, range.From);
        json.WriteNumber("attempts"u8, range.Attempts);
        json.WriteString("message"u8, range.Error);
        StateWriter.Moment(json, "next_attempt_at"u8, range.Due);
        json.WriteEndObject();
    }

    private static void Partition(Utf8JsonWriter json, PartitionProgress partition)
    {
        json.WriteStartObject();
        json.WriteString("topic"u8, partition.At.Topic);
        json.WriteNumber("partition"u8, partition.At.Partition);
        json.WriteNumber("next_offset"u8, partition.Next);
        json.WriteNumber("end_offset"u8, partition.LogEnd);
        json.WriteNumber("lag"u8, partition.Lag);
        json.WriteNumber("attempts"u8, partition.Range?.Attempts ?? 0);
        json.WriteEndObject();
    }

    private static void Names(Utf8JsonWriter json, IEnumerable<string>? names)
    {
        if (names is null)
        {
            json.WriteNullValue();
            return;
        }

        json.WriteStartArray();
        foreach (var name in names)
        {
            json.WriteStringValue(name);
        }

        json.WriteEndArray();
    }

    private static void Number(Utf8JsonWriter json, ReadOnlySpan<byte> name, long? value)
    {
        if (value is { } number)
        {
            json.WriteNumber(name, number);
        }
        else
        {
            json.WriteNull(name);
        }
    }

    private static long Ms(TimeSpan span) => (long)span.TotalMilliseconds;
}
