namespace Serverless.Chaos.World;

/// <summary>How long a host has owed its clients an answer: what a balancer goes by when it leaves one out.</summary>
internal sealed class Silence
{
    // Requests wait for records for less than this.
    private static readonly TimeSpan LongMin = TimeSpan.FromSeconds(1), ForgottenAfter = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private int _pending;
    private long? _since;

    public void Asked(TimeProvider clock)
    {
        lock (_lock)
        {
            _pending++;
            _since ??= clock.GetTimestamp();
        }
    }

    /// <param name="hasAnswered">Or whether the client has given up.</param>
    public void Ended(bool hasAnswered, TimeProvider clock)
    {
        lock (_lock)
        {
            _pending--;
            if (hasAnswered)
            {
                _since = _pending > 0 ? clock.GetTimestamp() : null;
            }
        }
    }

    /// <summary>Where nobody waits for it any more, it is tried again after a while.</summary>
    public bool IsLong(TimeProvider clock)
    {
        lock (_lock)
        {
            var silence = _since is { } since ? clock.GetElapsedTime(since) : TimeSpan.Zero;
            return silence > LongMin && (_pending > 0 || silence < ForgottenAfter);
        }
    }
}
