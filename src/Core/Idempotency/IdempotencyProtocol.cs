namespace Serverless.Core.Idempotency;

/// <summary>What a request with a key finds, and what follows.</summary>
internal static class IdempotencyProtocol
{
    internal enum Step
    {
        /// <summary>The key is new, or was kept long enough.</summary>
        Begin,

        /// <summary>An earlier attempt came to no end: go on where its records went.</summary>
        TakeOver,

        Replay,

        Wait,

        Refuse,
    }

    public static Step Decide(KeyRow? row, ReadOnlySpan<byte> fingerprint, DateTimeOffset now) => row switch
    {
        null => Step.Begin,
        _ when row.IsExpired(now) => Step.Begin,
        _ when !row.Fingerprint.Span.SequenceEqual(fingerprint) => Step.Refuse,
        { State: KeyState.Done } => Step.Replay,
        _ when row.MayBeWorking(now) => Step.Wait,
        _ => Step.TakeOver,
    };
}
