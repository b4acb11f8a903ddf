using System.Text.Json;
using Serverless.Core.Delivery;
using Serverless.Core.Groups;

namespace Serverless.Functions.Http.Delivery;

/// <summary>The body that makes or replaces a delivery. What its settings may be together is Core's to say.</summary>
/// <param name="Secret">As it was sent; null where it was not. So is <c>Url</c>.</param>
internal sealed record DeliveryRequest(DeliverySettings Settings, string? Secret, string? Url, bool? Paused)
{
    private const int TopicsMax = 1_000;
    private const int TextCharsMax = 2_048;

    private static readonly FieldNames Fields = new(
        "topics", "topic_pattern", "target", "start", "batch.max.records", "batch.max.bytes", "batch.wait.ms", "retry.backoff.ms",
        "retry.backoff.max.ms", "retry.attempts", "retry.timeout.ms", "dead_letter_topic", "workers.max", "paused");

    private static readonly FieldNames PausedFields = new("paused");

    /// <summary>Without what is in it: a record prints all that it has, and this one has a secret.</summary>
    public override string ToString() => nameof(DeliveryRequest);

    public static DeliveryRequest Parse(RequestBody body)
    {
        if (body.IsEmpty)
        {
            throw new RequestException(Problem.NoBody);
        }

        var json = StrictJson.Open(body.Bytes.Span);
        json.BeginObject("The body");
        List<string>? topics = null;
        string? pattern = null;
        TargetField? target = null;
        bool? paused = null;
        var settings = new DeliverySettings(new Subscription(null, null), new DeliveryTarget.Handler(""));
        for (uint seen = 0; json.NextField(Fields, ref seen, out var field);)
        {
            var name = Fields[field];
            if (json.IsNull)
            {
                continue;
            }

            switch (name)
            {
                case "topics":
                    topics = ReadTopics(ref json);
                    break;
                case "topic_pattern":
                    pattern = json.String(name);
                    break;
                case "target":
                    target = TargetField.Read(ref json);
                    break;
                case "start":
                    settings = settings with { Start = ReadStart(ref json) };
                    break;
                case "paused":
                    paused = json.Bool(name);
                    break;
                case "dead_letter_topic":
                    settings = settings with { DeadLetterTopic = Topic(ref json, name) };
                    break;
                default:
                    settings = With(settings, name, json.Int64(name));
                    break;
            }
        }

        if (target is null)
        {
            json.Refuse("target is missing.");
        }

        json.End();
        return new DeliveryRequest(
            settings with { Subscription = new(topics?.Distinct(StringComparer.Ordinal).ToList(), pattern), Target = target!.Target },
            target.Secret, target.Url, paused);
    }

    /// <summary>The body of a change: whether the delivery is to be paused.</summary>
    public static bool ParsePaused(RequestBody body)
    {
        if (body.IsEmpty)
        {
            throw new RequestException(Problem.NoBody);
        }

        var json = StrictJson.Open(body.Bytes.Span);
        json.BeginObject("The body");
        bool? paused = null;
        for (uint seen = 0; json.NextField(PausedFields, ref seen, out _);)
        {
            paused = json.Bool("paused");
        }

        json.End();
        return paused ?? throw new RequestException(Problem.Content("paused is missing."));
    }

    /// <summary>A topic's name, that one could have.</summary>
    public static string Topic(ref StrictJson json, string what)
    {
        var name = json.String(what);
        if (!RequestNames.CouldBeTopic(name))
        {
            json.Refuse($"{what}: no topic can have the name '{StrictJson.Shown(name)}'.");
        }

        return name;
    }

    /// <summary>A text that is neither empty nor beyond all bounds.</summary>
    public static string Text(ref StrictJson json, string what)
    {
        var text = json.String(what);
        if (text.Length is 0 or > TextCharsMax)
        {
            json.Refuse($"{what} must have 1 to {TextCharsMax} characters.");
        }

        return text;
    }

    // Numbers that no duration or count can be are brought to where Core refuses them.
    private static DeliverySettings With(DeliverySettings settings, string name, long value)
    {
        var number = (int)Math.Clamp(value, -1, int.MaxValue);
        var time = TimeSpan.FromMilliseconds(number);
        return name switch
        {
            "batch.max.records" => settings with { RecordsMax = number },
            "batch.max.bytes" => settings with { BytesMax = number },
            "batch.wait.ms" => settings with { Linger = time },
            "retry.backoff.ms" => settings with { Retry = settings.Retry with { BackoffMin = time } },
            "retry.backoff.max.ms" => settings with { Retry = settings.Retry with { BackoffMax = time } },
            "retry.attempts" => settings with { Retry = settings.Retry with { AttemptsMax = number } },
            "retry.timeout.ms" => settings with { Retry = settings.Retry with { TimeMax = time } },
            _ => settings with { WorkersMax = number },
        };
    }

    private static List<string> ReadTopics(ref StrictJson json)
    {
        json.BeginArray("topics");
        var topics = new List<string>();
        while (json.NextElement())
        {
            topics.Add(Topic(ref json, "topics"));
            if (topics.Count > TopicsMax)
            {
                json.Refuse($"topics must have at most {TopicsMax} entries.");
            }
        }

        return topics;
    }

    private static DeliveryStart ReadStart(ref StrictJson json)
    {
        if (json.Token == JsonTokenType.Number)
        {
            var timestamp = json.Int64("start");
            if (timestamp is < 0 or > Timestamps.MillisecondsMax)
            {
                json.Refuse("start must be a time in milliseconds since 1970, up to the year 9999.");
            }

            return new DeliveryStart(SeekKind.Timestamp, timestamp);
        }

        switch (json.String("start"))
        {
            case "earliest":
                return DeliveryStart.Earliest;
            case "latest":
                return DeliveryStart.Latest;
            default:
                json.Refuse("start must be earliest, latest, or a time in milliseconds since 1970.");
                return DeliveryStart.Latest;
        }
    }
}
