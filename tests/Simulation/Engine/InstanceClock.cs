namespace Serverless.Simulation.Engine;

/// <summary>One instance's clock: its wall clock is off by some minutes and may jump; its timestamps and timers are not.</summary>
internal sealed class InstanceClock(InstanceContext context, TimeSpan skew) : TimeProvider
{
    public TimeSpan Skew { get; private set; } = skew;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    public void Jump(TimeSpan by) => Skew += by;

    public override DateTimeOffset GetUtcNow()
    {
        context.Loop.Guard();
        return EventLoop.Epoch + context.Loop.Now + Skew;
    }

    public override long GetTimestamp()
    {
        context.Loop.Guard();
        return context.Loop.Now.Ticks;
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new SimulatedTimer(context.Run, () => callback(state));
        timer.Change(dueTime, period);
        return timer;
    }
}

/// <summary>The true time: the storage service's clock and the clients'.</summary>
internal sealed class TrueClock(EventLoop loop) : TimeProvider
{
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow()
    {
        loop.Guard();
        return EventLoop.Epoch + loop.Now;
    }

    public override long GetTimestamp()
    {
        loop.Guard();
        return loop.Now.Ticks;
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new SimulatedTimer(loop.At, () => callback(state));
        timer.Change(dueTime, period);
        return timer;
    }
}

/// <summary>A timer whose time is the queue's.</summary>
internal sealed class SimulatedTimer(Action<TimeSpan, Action> at, Action callback) : ITimer
{
    // A change or disposal makes what was queued before void.
    private int _version;

    public bool Change(TimeSpan dueTime, TimeSpan period)
    {
        Queue(++_version, dueTime, period);
        return true;
    }

    public void Dispose() => _version++;

    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }

    private void Queue(int version, TimeSpan delay, TimeSpan period)
    {
        if (delay == Timeout.InfiniteTimeSpan)
        {
            return;
        }

        at(delay, () =>
        {
            if (version != _version)
            {
                return;
            }

            if (period > TimeSpan.Zero)
            {
                Queue(version, period, period);
            }

            callback();
        });
    }
}
