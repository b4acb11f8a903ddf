using Serverless.Core.Storage;
using Serverless.Simulation.Engine;

namespace Serverless.Simulation.Storage;

/// <summary>The way from one instance to storage and back, where everything goes wrong that a network can do.</summary>
/// <remarks>
/// A call has an effect, at one moment of the queue, and a reply, at a later one. Faults take away or delay either of them.
/// A change whose reply is lost answers <c>Unknown</c>, as the ports promise; a read that fails throws, as it was retried inside.
/// </remarks>
internal sealed class StorageChannel(
    EventLoop loop, InstanceContext instance, IFaultPlan plan, FaultTable table, Random scheduler, Random faults,
    Latency latency, Action<IStorageRequest, Fault> note, Action crash)
{
    /// <summary>Sends one call. <paramref name="unknown"/> is the answer of a change whose outcome nobody learns; null for reads.</summary>
    public ValueTask<T> SendAsync<T>(
        StorageCall call, IStorageRequest what, Func<T> effect, Func<T>? unknown, CancellationToken cancellationToken)
    {
        loop.Guard();
        RequestCost.Count(loop);
        cancellationToken.ThrowIfCancellationRequested();
        var reply = new TaskCompletionSource<T>();
        if (instance.IsDead)
        {
            return new ValueTask<T>(reply.Task);
        }

        if (cancellationToken.CanBeCanceled)
        {
            cancellationToken.Register(() => reply.TrySetCanceled(cancellationToken));
        }

        var fault = plan.Next(call);
        table.Count(call, fault);
        note(what, fault);
        Deliver(fault, effect, unknown, reply);
        return new ValueTask<T>(reply.Task);
    }

    private void Deliver<T>(
        Fault fault, Func<T> effect, Func<T>? unknown, TaskCompletionSource<T> reply)
    {
        var (there, back) = (latency.Draw(scheduler), latency.Draw(scheduler));
        var timeout = scheduler.Between(TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(30));
        switch (fault)
        {
            case Fault.LostRequest:
                Fail(timeout, unknown, reply);
                break;

            case Fault.ErrorBefore or Fault.Throttled:
                Fail(there + back, unknown, reply);
                break;

            case Fault.LostReply:
                Effect(there, effect, then: null);
                Fail(timeout, unknown, reply);
                break;

            case Fault.ErrorAfter:
                Effect(there, effect, then: null);
                Fail(there + back, unknown, reply);
                break;

            case Fault.LateEffect:
                Effect(timeout + Late(), effect, then: null);
                Fail(timeout, unknown, reply);
                break;

            case Fault.Twice:
                Effect(there, effect, then: null);
                Effect(there + latency.Draw(scheduler), effect, then: result => Answer(back, result, reply));
                break;

            case Fault.TwiceLate:
                Effect(there, effect, then: result => Answer(back, result, reply));
                Effect(there + Late(), effect, then: null);
                break;

            case Fault.Slow:
                var slow = faults.Between(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(15));
                Effect(faults.Chance(0.5) ? slow : there, effect, then: result => Answer(slow, result, reply));
                break;

            case Fault.CrashBefore:
                crash();
                break;

            case Fault.CrashAfter:
                Effect(there, effect, then: _ => crash());
                break;

            case Fault.Stall:
                instance.StallFor(Late());
                Effect(there, effect, then: result => Answer(back, result, reply));
                break;

            default:
                Effect(there, effect, then: result => Answer(back, result, reply));
                break;
        }
    }

    private TimeSpan Late() =>
        TimeSpan.FromSeconds(faults.LogUniform(1, FaultRates.LateMax.TotalSeconds));

    private void Effect<T>(TimeSpan delay, Func<T> effect, Action<T>? then) => loop.At(delay, () =>
    {
        var result = effect();
        then?.Invoke(result);
    });

    private void Answer<T>(TimeSpan delay, T result, TaskCompletionSource<T> reply) =>
        loop.At(delay, () => Tell(() => reply.TrySetResult(result)));

    private void Fail<T>(TimeSpan delay, Func<T>? unknown, TaskCompletionSource<T> reply) => loop.At(delay, () => Tell(
        () => _ = unknown is null
            ? reply.TrySetException(new StorageException("Simulated: the read failed, retries and all.", retriable: true))
            : reply.TrySetResult(unknown())));

    // The dead never resume.
    private void Tell(Action reply)
    {
        if (!instance.IsDead)
        {
            reply();
        }
    }
}

/// <summary>How long one way takes: mostly near a base, sometimes much longer.</summary>
internal sealed record Latency(double BaseMs, double TailChance, double TailMs)
{
    /// <summary>Nothing takes much longer than the base. A session can be shorter than what a few long ways add up to.</summary>
    public bool IsCalm { get; set; }

    public static Latency Some(Random shape) =>
        new(shape.LogUniform(0.3, 10), shape.Chance(0.6) ? shape.LogUniform(0.001, 0.05) : 0, shape.LogUniform(100, 4_000));

    public TimeSpan Draw(Random scheduler)
    {
        var body = BaseMs * (0.5 + scheduler.NextDouble());
        return TimeSpan.FromMilliseconds(scheduler.Chance(TailChance) && !IsCalm ? body + (TailMs * scheduler.NextDouble()) : body);
    }
}
