using System.Text.Json;
using System.Text.RegularExpressions;
using Serverless.Core.Groups;

namespace Serverless.Functions.Http.Consumers;

/// <summary>The body of a subscription: <c>{"topics": […]}</c> or <c>{"topic_pattern": "…"}</c> (section 2.6 of the contract).</summary>
internal static class SubscriptionRequest
{
    private const int Topics = 0, Pattern = 1;
    private const int PatternCharsMax = 1_000;

    private static readonly FieldNames Fields = new("topics", "topic_pattern");

    public static Subscription Parse(RequestBody body, int topicsMax)
    {
        if (body.IsEmpty)
        {
            throw new RequestException(Problem.NoBody);
        }

        var json = StrictJson.Open(body.Bytes.Span);
        json.BeginObject("The body");
        List<string>? topics = null;
        string? pattern = null;
        for (uint seen = 0; json.NextField(Fields, ref seen, out var field);)
        {
            switch (field)
            {
                case Topics when !json.IsNull:
                    topics = ReadTopics(ref json, topicsMax);
                    break;
                case Pattern when !json.IsNull:
                    pattern = ReadPattern(ref json);
                    break;
            }
        }

        if (topics is not null && pattern is not null)
        {
            json.Refuse(Problem.IllegalState("Subscription to topics and to a pattern are mutually exclusive."));
        }
        else if (topics is null && pattern is null)
        {
            json.Refuse("topics or topic_pattern is missing.");
        }

        json.End();
        return new Subscription(topics?.Distinct(StringComparer.Ordinal).ToList(), pattern);
    }

    private static List<string>? ReadTopics(ref StrictJson json, int topicsMax)
    {
        if (json.Token != JsonTokenType.StartArray)
        {
            json.Refuse("topics must be an array of strings.");
            json.Skip();
            return null;
        }

        var topics = new List<string>();
        while (json.NextElement())
        {
            if (json.Token != JsonTokenType.String)
            {
                json.Refuse("topics must be an array of strings.");
                json.Skip();
            }
            else if (json.String("topic") is var topic && !RequestNames.CouldBeTopic(topic))
            {
                json.Refuse($"No topic can have the name '{StrictJson.Shown(topic)}'.");
            }
            else if (topics.Count == topicsMax)
            {
                json.Refuse($"topics must have at most {topicsMax} entries.");
            }
            else
            {
                topics.Add(topic);
            }
        }

        return topics;
    }

    private static string? ReadPattern(ref StrictJson json)
    {
        if (json.Token != JsonTokenType.String)
        {
            json.Refuse("topic_pattern must be a string.");
            json.Skip();
            return null;
        }

        var pattern = json.String("topic_pattern");
        if (pattern.Length is 0 or > PatternCharsMax || !CanMatch(pattern))
        {
            json.Refuse($"topic_pattern must be a regular expression of 1 to {PatternCharsMax} characters, without lookarounds and backreferences.");
        }

        return pattern;
    }

    // The engine that takes time in proportion to its input, whatever the pattern, is the only one that clients get to use.
    private static bool CanMatch(string pattern)
    {
        try
        {
            _ = new Regex(pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
            return true;
        }
        catch (Exception refused) when (refused is ArgumentException or NotSupportedException)
        {
            return false;
        }
    }
}
