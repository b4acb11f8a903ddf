namespace Serverless.Core.Tests.Groups;

/// <summary>A clock moved by hand. Whoever waits for it makes it jump to where the wait ends: nothing sleeps.</summary>
internal sealed class JumpClock : TimeProvider
{
    private long _ticks;

    public TimeSpan Elapsed => TimeSpan.FromTicks(_ticks);

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero).AddTicks(_ticks);

    public override long GetTimestamp() => _ticks;

    /// <summary>Where several wait at once: each until its time, and time moves when nobody has anything to do.</summary>
    public TestLoop? Loop { get; set; }

    public void Advance(TimeSpan by) => _ticks += by.Ticks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        if (Loop is { } loop)
        {
            return loop.CreateTimer(callback, state, dueTime);
        }

        if (dueTime >= TimeSpan.Zero)
        {
            Advance(dueTime);
            callback(state);
        }

        return new Fired();
    }

    private sealed class Fired : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period) => true;

        public void Dispose()
        {
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
