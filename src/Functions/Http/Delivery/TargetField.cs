using Serverless.Core.Delivery;
using Serverless.Core.Groups;

namespace Serverless.Functions.Http.Delivery;

/// <summary>The <c>target</c> of a delivery: <c>{"type": "webhook", "url", "secret", "body", "format"}</c>,
/// <c>{"type": "handler", "name"}</c> or <c>{"type": "topic", "name", "headers"}</c>.</summary>
/// <param name="Url">As it was sent.</param>
internal sealed record TargetField(DeliveryTarget Target, string? Secret, string? Url)
{
    private static readonly FieldNames Fields = new("type", "url", "secret", "body", "format", "name", "headers");

    private static readonly Uri Nowhere = new("about:blank");

    /// <summary>Without what is in it: a record prints all that it has, and this one has a secret.</summary>
    public override string ToString() => nameof(TargetField);

    public static TargetField Read(ref StrictJson json)
    {
        json.BeginObject("target");
        var given = new Dictionary<string, string>(StringComparer.Ordinal);
        IReadOnlyDictionary<string, string>? headers = null;
        for (uint seen = 0; json.NextField(Fields, ref seen, out var field);)
        {
            var name = Fields[field];
            if (json.IsNull)
            {
                continue;
            }

            if (name == "headers")
            {
                headers = ReadHeaders(ref json);
            }
            else
            {
                given[name] = DeliveryRequest.Text(ref json, $"target.{name}");
            }
        }

        if (headers is not null)
        {
            given["headers"] = "";
        }

        var target = Of(ref json, given, headers);
        return new TargetField(target, given.GetValueOrDefault("secret"), given.GetValueOrDefault("url"));
    }

    private static DeliveryTarget Of(
        ref StrictJson json, Dictionary<string, string> given, IReadOnlyDictionary<string, string>? headers)
    {
        switch (given.GetValueOrDefault("type"))
        {
            case "webhook":
                Only(ref json, given, "webhook", ["url"], ["secret", "body", "format"]);
                return Webhook(ref json, given);
            case "handler":
                Only(ref json, given, "handler", ["name"], []);
                return new DeliveryTarget.Handler(given.GetValueOrDefault("name", ""));
            case "topic":
                Only(ref json, given, "topic", ["name"], ["headers"]);
                var topic = given.GetValueOrDefault("name", "");
                if (!RequestNames.CouldBeTopic(topic))
                {
                    json.Refuse($"target.name: no topic can have the name '{StrictJson.Shown(topic)}'.");
                }

                return new DeliveryTarget.Topic(topic, headers ?? new Dictionary<string, string>());
            default:
                json.Refuse("target.type must be webhook, handler or topic.");
                return new DeliveryTarget.Handler("");
        }
    }

    private static DeliveryTarget.Webhook Webhook(ref StrictJson json, Dictionary<string, string> given)
    {
        WebhookBody? body = given.GetValueOrDefault("body", "records") switch
        {
            "records" => WebhookBody.Records,
            "cloudevents" => WebhookBody.CloudEvents,
            _ => null,
        };
        RecordFormat? format = given.GetValueOrDefault("format", "json") switch
        {
            "json" => RecordFormat.Json,
            "binary" => RecordFormat.Binary,
            _ => null,
        };
        if (body is null || format is null)
        {
            json.Refuse(body is null ? "target.body must be records or cloudevents." : "target.format must be json or binary.");
        }

        if (!Uri.TryCreate(given.GetValueOrDefault("url"), UriKind.Absolute, out var url))
        {
            json.Refuse("target.url must be an absolute URL.");
        }

        return new DeliveryTarget.Webhook(url ?? Nowhere, body ?? default, format ?? default);
    }

    private static void Only(
        ref StrictJson json, Dictionary<string, string> given, string type, string[] needed, string[] allowed)
    {
        foreach (var name in needed.Where(name => !given.ContainsKey(name)))
        {
            json.Refuse($"target.{name} is missing.");
        }

        foreach (var name in given.Keys.Where(name => name != "type" && !needed.Contains(name) && !allowed.Contains(name)))
        {
            json.Refuse($"target.{name} is not for a target of type {type}.");
        }
    }

    private static Dictionary<string, string> ReadHeaders(ref StrictJson json)
    {
        json.BeginObject("target.headers");
        var headers = new Dictionary<string, string>(StringComparer.Ordinal);
        while (json.NextName(out var name))
        {
            if (!headers.TryAdd(name, json.String("target.headers")))
            {
                throw new RequestException(Problem.Malformed($"Duplicate field: {StrictJson.Shown(name)}"));
            }

            if (name.Length is 0 or > 255 || headers[name].Length > 255 || headers.Count > DeliveryRules.HeadersMax)
            {
                json.Refuse($"target.headers must have at most {DeliveryRules.HeadersMax} names of 1 to 255 characters, with values of up to 255.");
            }
        }

        return headers;
    }
}
