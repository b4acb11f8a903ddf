namespace Serverless.Core.Access;

/// <summary>The ACLs as they were not long ago.</summary>
/// <remarks>
/// Upholds <b>revoked within a minute</b>: rules are used for <c>ageMax</c> from before they were asked for, and no longer. Where storage
/// cannot be asked then, nobody is let through: the failure passes to the caller.
/// </remarks>
public sealed class AclCache(Acls acls, TimeProvider clock, TimeSpan ageMax)
{
    /// <summary>Rules are never used for longer.</summary>
    public static TimeSpan AgeMax { get; } = TimeSpan.FromMinutes(1);

    private readonly Turnstile _reading = new();
    private volatile Cached? _cached;
    private int _changes;

    public async ValueTask<AclRules> RulesAsync(CancellationToken cancellationToken)
    {
        if (Known() is { } known)
        {
            return known;
        }

        // One asks, for all that wait meanwhile.
        await _reading.EnterAsync(cancellationToken);
        try
        {
            while (true)
            {
                if (Known() is { } read)
                {
                    return read;
                }

                var changes = Volatile.Read(ref _changes);
                var readAt = clock.GetTimestamp();
                var rules = new AclRules(await acls.ListAsync(cancellationToken));
                if (changes == Volatile.Read(ref _changes))
                {
                    _cached = new Cached(rules, readAt);
                    return rules;
                }
            }
        }
        finally
        {
            _reading.Leave();
        }
    }

    /// <summary>This instance has changed ACLs, or may have: what was read before is not to be used any more.</summary>
    public void Drop()
    {
        Interlocked.Increment(ref _changes);
        _cached = null;
    }

    private AclRules? Known() =>
        _cached is { } cached && clock.GetElapsedTime(cached.ReadAt) < ageMax ? cached.Rules : null;

    private sealed record Cached(AclRules Rules, long ReadAt);
}
