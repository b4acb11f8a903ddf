namespace Serverless.Core.Storage;

/// <summary>The storage service's clock, as its last reply told it: for whoever writes a deadline before it has read anything.</summary>
/// <remarks>Between replies it goes on by this process's stopwatch, so a wall clock that is wrong does it no harm.</remarks>
internal sealed class ServedClock(TimeProvider clock)
{
    private Reading? _last;

    /// <summary>Null until there was a reply.</summary>
    public DateTimeOffset? Now => _last is { } last ? last.ServedAt + clock.GetElapsedTime(last.ReadAt) : null;

    /// <summary>Takes the time of a reply; none came with the default.</summary>
    public DateTimeOffset Note(DateTimeOffset servedAt)
    {
        if (servedAt != default)
        {
            _last = new Reading(servedAt, clock.GetTimestamp());
        }

        return servedAt;
    }

    private sealed record Reading(DateTimeOffset ServedAt, long ReadAt);
}
