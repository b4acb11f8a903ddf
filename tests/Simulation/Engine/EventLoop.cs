namespace Serverless.Simulation.Engine;

/// <summary>All that happens in one seed, one thing after the other, on one thread and in virtual time.</summary>
/// <remarks>
/// Storage replies, timers and continuations go through this one queue, ordered by time and then by arrival, so a seed runs
/// the same way each time. Whatever reaches the loop, a clock or a port from another thread would break that: it is noted
/// here and fails the seed, whatever the code that strayed does with its exception.
/// </remarks>
internal sealed class EventLoop : SynchronizationContext
{
    public static readonly DateTimeOffset Epoch = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    // A hundred times what a seed takes.
    private const long StepsMax = 2_000_000;

    private readonly PriorityQueue<Pending, Turn> _queue = new();
    private readonly Thread _owner = Thread.CurrentThread;
    private volatile string? _escape;
    private GuaranteeException? _failure;
    private long _tick;

    /// <summary>When something comes: by time, and at one time by arrival.</summary>
    private readonly record struct Turn(long At, long Tick) : IComparable<Turn>
    {
        public int CompareTo(Turn other) => At != other.At ? At.CompareTo(other.At) : Tick.CompareTo(other.Tick);
    }

    /// <summary>Something that will happen: anywhere, or on one instance.</summary>
    private readonly record struct Pending(InstanceContext? On, SendOrPostCallback Run, object? State);

    /// <summary>Virtual time since the seed began.</summary>
    public TimeSpan Now { get; private set; }

    public long Steps { get; private set; }

    /// <summary>Everything that a replay must repeat, folded into one number.</summary>
    public TraceHash Trace { get; } = new();

    public void At(TimeSpan delay, Action action) => At(delay, on: null, static state => ((Action)state!)(), action);

    /// <param name="on">The instance that runs it, if it still does by then.</param>
    public void At(TimeSpan delay, InstanceContext? on, SendOrPostCallback run, object? state)
    {
        Guard();
        var at = Now + (delay < TimeSpan.Zero ? TimeSpan.Zero : delay);
        _queue.Enqueue(new Pending(on, run, state), new Turn(at.Ticks, ++_tick));
    }

    /// <summary>Runs the next event; false when nothing is left to happen.</summary>
    public bool Step()
    {
        if (_escape is { } escape)
        {
            throw new GuaranteeException("deterministic", escape);
        }

        if (_failure is not null)
        {
            throw _failure;
        }

        if (!_queue.TryDequeue(out var next, out var at))
        {
            return false;
        }

        Now = TimeSpan.FromTicks(at.At);
        Guarantee.Holds(++Steps < StepsMax, "A4", $"{StepsMax} steps, and no end: something goes round and round.");
        Trace.Add(at.At);
        Trace.Add(at.Tick);
        if (next.On is { } instance)
        {
            instance.RunNow(next.Run, next.State);
        }
        else
        {
            SetSynchronizationContext(this);
            next.Run(next.State);
        }

        return true;
    }

    /// <summary>Runs until nothing is left to happen.</summary>
    public void RunToEnd()
    {
        while (Step())
        {
        }
    }

    /// <summary>Runs until a task has ended; fails when it cannot, or takes longer than it may.</summary>
    public void RunToEnd(string name, Func<Task> task, TimeSpan limit)
    {
        var until = Now + limit;
        var done = false;
        At(TimeSpan.Zero, () => _ = ObserveAsync(async () =>
        {
            await task();
            done = true;
        }));
        while (!done)
        {
            Guarantee.Holds(Step(), "A4", $"Everybody waits, and nothing is left to happen ({name}).");
            Guarantee.Holds(Now < until, "A4", $"The {name} phase does not end.");
        }
    }

    /// <summary>Ends the seed at its next step: for code whose exceptions nobody would see.</summary>
    public void Fail(GuaranteeException failure) => _failure ??= failure;

    /// <summary>A check in code whose caller may catch what it throws: that ends the seed all the same.</summary>
    public void Check(Action check)
    {
        try
        {
            check();
        }
        catch (GuaranteeException broken)
        {
            Fail(broken);
            throw;
        }
    }

    /// <summary>Starts a task of which nobody waits for the end; what it throws ends the seed.</summary>
    public async Task ObserveAsync(Func<Task> run)
    {
        try
        {
            await run();
        }
        catch (Exception exception)
        {
            Fail(exception as GuaranteeException ?? new GuaranteeException("workload", exception.ToString()));
        }
    }

    /// <summary>Called by everything that simulated code can reach.</summary>
    public void Guard()
    {
        if (Thread.CurrentThread != _owner)
        {
            _escape ??= $"Left the simulated thread at:{Environment.NewLine}{Environment.StackTrace}";
            throw new GuaranteeException("deterministic", _escape);
        }
    }

    /// <summary>The continuations of clients, which run at once.</summary>
    public override void Post(SendOrPostCallback d, object? state)
    {
        if (OnThread())
        {
            At(TimeSpan.Zero, on: null, d, state);
        }
    }

    public override void Send(SendOrPostCallback d, object? state) =>
        throw new GuaranteeException("deterministic", "Something waits for a continuation with its thread.");

    public override SynchronizationContext CreateCopy() => this;

    /// <summary>Whether a continuation came from our thread. It must not throw where it did not: that would end the process.</summary>
    public bool OnThread()
    {
        if (Thread.CurrentThread == _owner)
        {
            return true;
        }

        _escape ??= $"A continuation came from another thread:{Environment.NewLine}{Environment.StackTrace}";
        return false;
    }
}
