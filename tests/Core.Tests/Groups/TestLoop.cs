namespace Serverless.Core.Tests.Groups;

/// <summary>One thread and one queue for what waits at once: a continuation runs in its turn, and a clock jumps when there is none.</summary>
internal sealed class TestLoop(JumpClock clock) : SynchronizationContext
{
    // More turns than any test takes: it goes round and round.
    private const int TurnsMax = 1_000_000;

    private readonly Queue<Action> _turns = new();
    private readonly PriorityQueue<Timer, (TimeSpan Due, int Order)> _timers = new();
    private int _order;

    /// <summary>Runs it to its end.</summary>
    public static void Run(JumpClock clock, Func<Task> work)
    {
        var loop = new TestLoop(clock);
        var former = Current;
        SetSynchronizationContext(loop);
        clock.Loop = loop;
        try
        {
            var task = work();
            loop.Until(task);
            task.GetAwaiter().GetResult();
        }
        finally
        {
            clock.Loop = null;
            SetSynchronizationContext(former);
        }
    }

    public override void Post(SendOrPostCallback d, object? state)
    {
        lock (_turns)
        {
            _turns.Enqueue(() => d(state));
        }
    }

    public ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan due)
    {
        var timer = new Timer(this, callback, state);
        timer.Change(due, Timeout.InfiniteTimeSpan);
        return timer;
    }

    private void Until(Task task)
    {
        for (var turn = 0; !task.IsCompleted; turn++)
        {
            if (turn == TurnsMax)
            {
                throw new InvalidOperationException("It does not come to an end.");
            }

            if (_turns.TryDequeue(out var next))
            {
                next();
            }
            else if (_timers.TryDequeue(out var timer, out var at))
            {
                timer.Fire(at.Order, at.Due);
            }
            else
            {
                throw new InvalidOperationException("Everybody waits for something that nobody will do.");
            }
        }
    }

    private sealed class Timer(TestLoop loop, TimerCallback callback, object? state) : ITimer
    {
        private int _order = -1;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            _order = -1;
            if (dueTime >= TimeSpan.Zero)
            {
                _order = loop._order++;
                loop._timers.Enqueue(this, (loop.Clock.Elapsed + dueTime, _order));
            }

            return true;
        }

        public void Fire(int order, TimeSpan due)
        {
            if (order != _order)
            {
                return;
            }

            if (due > loop.Clock.Elapsed)
            {
                loop.Clock.Advance(due - loop.Clock.Elapsed);
            }

            callback(state);
        }

        public void Dispose() => _order = -1;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return default;
        }
    }

    private JumpClock Clock => clock;
}
