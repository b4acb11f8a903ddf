namespace Serverless.Core.Delivery;

/// <summary>A group's delivery, as it is stored.</summary>
/// <param name="Version">Another whenever its settings or its being paused change: workers of an older one end.</param>
/// <param name="Secret">Signs the requests of webhooks; empty for other targets. No API tells it.</param>
public sealed record GroupDelivery(string Group, DeliverySettings Settings, string Version, ReadOnlyMemory<byte> Secret)
{
    public bool Paused { get; init; }

    /// <summary>Why it was paused by the service itself; null where somebody asked for it.</summary>
    public string? PausedBecause { get; init; }

    public DateTimeOffset CreatedAt { get; init; }

    internal string? ETag { get; init; }

    /// <summary>The storage service's clock when this was read, and the reader's stopwatch then.</summary>
    internal (DateTimeOffset Now, long At) Served { get; init; }
}
