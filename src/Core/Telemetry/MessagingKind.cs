using System.Diagnostics;

namespace Serverless.Core.Telemetry;

/// <summary>What is done with records, in the conventions' words.</summary>
/// <param name="Name">Kafka's name of the operation (<c>messaging.operation.name</c>).</param>
/// <param name="Type">The convention's type (<c>messaging.operation.type</c>).</param>
internal sealed record MessagingKind(string Name, string Type, ActivityKind Span)
{
    public static MessagingKind Send { get; } = new("send", "send", ActivityKind.Producer);

    /// <summary>A consumer instance's.</summary>
    public static MessagingKind Poll { get; } = new("poll", "receive", ActivityKind.Consumer);

    /// <summary>A read without a consumer.</summary>
    public static MessagingKind Fetch { get; } = new("fetch", "receive", ActivityKind.Consumer);

    /// <summary>A delivery's.</summary>
    public static MessagingKind Process { get; } = new("process", "process", ActivityKind.Consumer);

    public static MessagingKind Commit { get; } = new("commit", "settle", ActivityKind.Client);
}
