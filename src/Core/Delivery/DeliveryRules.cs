using Serverless.Core.Groups;

namespace Serverless.Core.Delivery;

/// <summary>What a delivery's settings must be, to work at all and to harm nobody.</summary>
public static class DeliveryRules
{
    public const int RecordsMax = 1_000;

    /// <summary>A webhook's body is held in memory, and base64 adds a third.</summary>
    public const long BytesMax = 3 * 1024 * 1024;

    public const int WorkersMax = 64;

    public const int AttemptsMax = 1_000;

    public const int HeadersMax = 16;

    public static TimeSpan LingerMax { get; } = TimeSpan.FromSeconds(30);

    public static TimeSpan BackoffLeast { get; } = TimeSpan.FromMilliseconds(10);

    public static TimeSpan BackoffMost { get; } = TimeSpan.FromHours(1);

    public static TimeSpan RetryTimeMax { get; } = TimeSpan.FromDays(7);

    /// <summary>What is wrong, for people; null where nothing is. Whether topics and handlers exist is not looked at.</summary>
    public static string? Complaint(DeliverySettings settings)
    {
        var (retry, subscription) = (settings.Retry, settings.Subscription);
        return subscription switch
        {
            { Topics: null or [], Pattern: null } => "A delivery needs topics or topic_pattern.",
            { Topics: not null, Pattern: not null } => "A delivery has topics or topic_pattern, not both.",
            { Topics: { } topics } when topics.FirstOrDefault(Topics.Topic.IsInternalName) is { } name =>
                $"{name} is a topic of the service's own: those are not delivered.",
            { Pattern: { } pattern } when TopicPattern.Find(pattern) is null => "topic_pattern is no regular expression that can be used.",
            _ when settings.RecordsMax is < 1 or > RecordsMax => $"batch.max.records must be from 1 to {RecordsMax}.",
            _ when settings.BytesMax is < 1 or > BytesMax => $"batch.max.bytes must be from 1 to {BytesMax}.",
            _ when settings.Linger < TimeSpan.Zero || settings.Linger > LingerMax => $"batch.wait.ms must be from 0 to {Ms(LingerMax)}.",
            _ when settings.WorkersMax is < 1 or > WorkersMax => $"workers.max must be from 1 to {WorkersMax}.",
            _ when retry.BackoffMin < BackoffLeast || retry.BackoffMin > retry.BackoffMax || retry.BackoffMax > BackoffMost =>
                $"retry.backoff.ms must be at least {Ms(BackoffLeast)}, and retry.backoff.max.ms no less than that and at most {Ms(BackoffMost)}.",
            _ when retry.AttemptsMax is < 1 or > AttemptsMax => $"retry.attempts must be from 1 to {AttemptsMax}.",
            _ when retry.TimeMax <= TimeSpan.Zero || retry.TimeMax > RetryTimeMax => $"retry.timeout.ms must be from 1 to {Ms(RetryTimeMax)}.",
            _ when (retry.AttemptsMax ?? (object?)retry.TimeMax) is not null && settings.DeadLetterTopic is null =>
                "retry.attempts and retry.timeout.ms need a dead_letter_topic: records that are given up must go somewhere.",
            _ when settings.DeadLetterTopic is not null && retry.AttemptsMax is null && retry.TimeMax is null =>
                "dead_letter_topic needs retry.attempts or retry.timeout.ms.",
            _ when settings.DeadLetterTopic is { } letters && SubscribedTopics.Has(subscription, letters) =>
                "dead_letter_topic is one of the topics that are delivered.",
            _ when settings.Target is DeliveryTarget.Topic to && SubscribedTopics.Has(subscription, to.Name) =>
                "The target is one of the topics that are delivered.",
            _ when settings.Target is DeliveryTarget.Topic { Headers.Count: > HeadersMax } => $"A filter has at most {HeadersMax} headers.",
            _ => null,
        };
    }

    private static long Ms(TimeSpan span) => (long)span.TotalMilliseconds;
}
