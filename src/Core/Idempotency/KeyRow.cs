using Serverless.Core.Log;

namespace Serverless.Core.Idempotency;

/// <summary>Where a keyed request stands.</summary>
internal enum KeyState
{
    /// <summary>An attempt is under way, or has died: nobody can tell before its lease is over.</summary>
    Running = 0,

    /// <summary>The last attempt came to nothing final; the next one may begin at once.</summary>
    Abandoned = 1,

    /// <summary>It was answered for good.</summary>
    Done = 2,
}

/// <summary>One keyed request. The row stays until it expires, and says where records go before they go there.</summary>
/// <param name="RequestId">Only this request has it, and all its attempts do. After a key expired, its reuse has another.</param>
/// <param name="Attempt">Who wrote the row last: tells a lost reply.</param>
internal sealed record KeyRow(
    ReadOnlyMemory<byte> Fingerprint, string RequestId, string Attempt, KeyState State, DateTimeOffset Lease, DateTimeOffset ExpiresAt)
{
    /// <summary>The topic before the first attempt; null where there was none, or the request stores no records.</summary>
    public ProduceStart? Start { get; init; }

    public StoredReply? Reply { get; init; }

    // The service's clock shows whole seconds, cut off; so a deadline is over only when the clock shows more.
    public bool MayBeWorking(DateTimeOffset now) => State == KeyState.Running && now <= Lease;

    public bool IsExpired(DateTimeOffset now) => now > ExpiresAt && !MayBeWorking(now);
}
