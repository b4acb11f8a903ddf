namespace Serverless.Simulation.Engine;

/// <summary>Where one instance's code runs: nowhere once it crashed, and later while it is stalled.</summary>
/// <remarks>
/// A stall stops the whole instance, as SIGSTOP or a long collection does: what it has sent goes on in storage, and it
/// wakes with the view that it had. A crash is the end of every continuation and timer; nothing of it is told to anyone.
/// </remarks>
internal sealed class InstanceContext(EventLoop loop) : SynchronizationContext
{
    private TimeSpan _stalledUntil;

    public EventLoop Loop { get; } = loop;

    public bool IsDead { get; private set; }

    public bool IsStalled => Loop.Now < _stalledUntil;

    public void Crash() => IsDead = true;

    public void StallFor(TimeSpan time)
    {
        if (Loop.Now + time > _stalledUntil)
        {
            _stalledUntil = Loop.Now + time;
        }
    }

    public void Run(TimeSpan delay, Action action) => Loop.At(delay, this, static state => ((Action)state!)(), action);

    public override void Post(SendOrPostCallback d, object? state)
    {
        if (Loop.OnThread())
        {
            Loop.At(TimeSpan.Zero, this, d, state);
        }
    }

    public override void Send(SendOrPostCallback d, object? state) =>
        throw new GuaranteeException("deterministic", "Something waits for a continuation with its thread.");

    public override SynchronizationContext CreateCopy() => this;

    /// <summary>Called by the loop when the time of something has come that this instance was to run.</summary>
    public void RunNow(SendOrPostCallback run, object? state)
    {
        if (IsDead)
        {
            return;
        }

        if (IsStalled)
        {
            Loop.At(_stalledUntil - Loop.Now, this, run, state);
            return;
        }

        SetSynchronizationContext(this);
        run(state);
    }
}
