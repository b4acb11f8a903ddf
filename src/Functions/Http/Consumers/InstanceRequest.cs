using System.Globalization;
using System.Text.Json;
using Serverless.Core.Groups;

namespace Serverless.Functions.Http.Consumers;

/// <summary>The body that creates a consumer instance (section 2.5 of the HTTP contract). Whatever is wrong with it is 42204.</summary>
/// <remarks>Clients write numbers and booleans as strings, or not: both are taken.</remarks>
/// <param name="Name">Null: whoever creates it finds one.</param>
internal sealed record InstanceRequest(string? Name, ConsumerSettings Settings, bool Replace)
{
    private static readonly FieldNames Fields = new(
        "name", "id", "format", "auto.offset.reset", "auto.commit.enable", "enable.auto.commit", "fetch.min.bytes", "responseMinBytes",
        "consumer.request.timeout.ms", "requestWaitMs", "isolation.level", "topic.metadata.refresh.interval.ms", "group.instance.id",
        "partition.assignment.strategy", "delivery.mode", "session.timeout.ms", "replace");

    public static InstanceRequest Parse(RequestBody body, HttpLimits limits)
    {
        var settings = new ConsumerSettings
        {
            RequestTimeout = limits.RequestTimeout,
            SessionTimeout = limits.InstanceTimeout,
            InstanceTimeout = limits.InstanceTimeout,
        };
        string? name = null, id = null;
        var (replace, contradiction) = (false, (string?)null);
        if (!body.IsEmpty)
        {
            var json = StrictJson.Open(body.Bytes.Span, Problem.Configuration);
            json.BeginObject("The body");
            for (uint seen = 0; json.NextField(Fields, ref seen, out var field);)
            {
                var what = Fields[field];
                if (json.IsNull)
                {
                    continue;
                }

                switch (what)
                {
                    case "name":
                        name = ReadName(ref json, what);
                        break;
                    case "id":
                        id = ReadName(ref json, what);
                        break;
                    case "replace":
                        replace = Bool(ref json, what);
                        break;
                    default:
                        settings = Set(ref json, what, settings, limits);
                        contradiction ??= ContradictsExactlyOnce(what, settings) ? what : null;
                        break;
                }
            }

            if (settings.DeliveryMode == DeliveryMode.ExactlyOnce)
            {
                settings = settings with { AutoCommit = false, IsolationLevel = IsolationLevel.ReadCommitted };
                if (contradiction is not null)
                {
                    json.Refuse($"{contradiction} contradicts delivery.mode exactly_once: it reads what is committed, and commits by transactions only.");
                }
            }

            json.End();
        }

        return new InstanceRequest(id ?? name, settings, replace);
    }

    // Said, not left to the default.
    private static bool ContradictsExactlyOnce(string what, ConsumerSettings settings) => what switch
    {
        "auto.commit.enable" or "enable.auto.commit" => settings.AutoCommit,
        "isolation.level" => settings.IsolationLevel == IsolationLevel.ReadUncommitted,
        _ => false,
    };

    private static ConsumerSettings Set(ref StrictJson json, string what, ConsumerSettings settings, HttpLimits limits)
    {
        switch (what)
        {
            case "format":
                return settings with { Format = OneOf(ref json, what, ("binary", RecordFormat.Binary), ("json", RecordFormat.Json)) };
            case "auto.offset.reset":
                return settings with
                {
                    AutoOffsetReset = OneOf(ref json, what,
                        ("latest", AutoOffsetReset.Latest), ("earliest", AutoOffsetReset.Earliest), ("none", AutoOffsetReset.None)),
                };
            case "auto.commit.enable" or "enable.auto.commit":
                return settings with { AutoCommit = Bool(ref json, what) };
            case "fetch.min.bytes" or "responseMinBytes":
                return settings with { FetchMinBytes = (int)Number(ref json, what, -1, int.MaxValue) };
            case "consumer.request.timeout.ms" or "requestWaitMs":
                var wait = TimeSpan.FromMilliseconds(Math.Min(Number(ref json, what, 1, long.MaxValue), (long)limits.WaitMax.TotalMilliseconds));
                return settings with { RequestTimeout = wait };
            case "isolation.level":
                return settings with
                {
                    IsolationLevel = OneOf(ref json, what,
                        ("read_uncommitted", IsolationLevel.ReadUncommitted), ("read_committed", IsolationLevel.ReadCommitted)),
                };
            case "group.instance.id":
                return settings with { GroupInstanceId = ReadName(ref json, what) };
            case "partition.assignment.strategy":
                return settings with
                {
                    Assignor = OneOf(ref json, what, ("uniform", "uniform"), ("range", "range"), ("roundrobin", "roundrobin")),
                };
            case "delivery.mode":
                return settings with
                {
                    DeliveryMode = OneOf(ref json, what,
                        ("at_least_once", DeliveryMode.AtLeastOnce), ("at_most_once", DeliveryMode.AtMostOnce),
                        ("exactly_once", DeliveryMode.ExactlyOnce)),
                };
            case "session.timeout.ms":
                var milliseconds = Number(
                    ref json, what, (long)limits.SessionTimeoutMin.TotalMilliseconds, (long)limits.InstanceTimeout.TotalMilliseconds);
                return settings with { SessionTimeout = TimeSpan.FromMilliseconds(milliseconds) };
            default:
                // Topics are looked up at each poll: there is nothing to refresh, and clients that ask for it are right already.
                Number(ref json, what, 0, long.MaxValue);
                return settings;
        }
    }

    private static string? ReadName(ref StrictJson json, string what)
    {
        if (json.Token != JsonTokenType.String)
        {
            return Bad<string?>(ref json, what, "a string");
        }

        var name = json.String(what);
        if ((RequestNames.Complaint(name, what) ?? (RequestNames.IsWorker(name) ? RequestNames.WorkersAreOurs(what) : null)) is { } complaint)
        {
            json.Refuse(complaint);
        }

        return name;
    }

    private static bool Bool(ref StrictJson json, string what) => json.Token switch
    {
        JsonTokenType.True => true,
        JsonTokenType.False => false,
        JsonTokenType.String when bool.TryParse(json.String(what), out var value) => value,
        _ => Bad<bool>(ref json, what, "true or false"),
    };

    private static long Number(ref StrictJson json, string what, long min, long max)
    {
        var value = 0L;
        var read = json.Token switch
        {
            JsonTokenType.Number => json.TryInt64(out value),
            JsonTokenType.String => Integers.TryParse(json.String(what), out value),
            _ => false,
        };
        return read && value >= min && value <= max
            ? value
            : Bad<long>(ref json, what, string.Create(CultureInfo.InvariantCulture, $"an integer from {min} to {max}"));
    }

    private static T OneOf<T>(ref StrictJson json, string what, params ReadOnlySpan<(string Name, T Value)> values)
    {
        if (json.Token == JsonTokenType.String)
        {
            var text = json.String(what);
            foreach (var (name, value) in values)
            {
                if (name.Equals(text, StringComparison.OrdinalIgnoreCase))
                {
                    return value;
                }
            }
        }

        var names = new List<string>();
        foreach (var (name, _) in values)
        {
            names.Add(name);
        }

        return Bad<T>(ref json, what, string.Join(" or ", names))!;
    }

    // The rest of the body is read on, so that broken syntax or a duplicate is told first.
    private static T? Bad<T>(ref StrictJson json, string what, string kind)
    {
        json.Refuse($"Invalid configuration value {json.ShownValue()} for {what}: it must be {kind}.");
        json.Skip();
        return default;
    }
}
