namespace Serverless.Core.Log;

/// <summary>Somebody who waits for partitions to grow; woken by the first that does.</summary>
/// <remarks>
/// One completion source for all ways to wake, and no <c>Task.WhenAny</c>: that runs its completion on the thread pool
/// whenever a source's continuations may not run inline, and nothing simulated may leave its thread.
/// </remarks>
internal sealed class AppendWaiter
{
    private readonly TaskCompletionSource<bool> _woken = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Wake() => _woken.TrySetResult(true);

    /// <summary>True when woken, false when the pause is over first.</summary>
    public async ValueTask<bool> WokenAsync(TimeSpan pause, TimeProvider clock, CancellationToken cancellationToken)
    {
        using var over = clock.CreateTimer(
            waiter => ((AppendWaiter)waiter!)._woken.TrySetResult(false), this, pause, Timeout.InfiniteTimeSpan);
        using var cancelled = cancellationToken.UnsafeRegister(
            (waiter, token) => ((AppendWaiter)waiter!)._woken.TrySetCanceled(token), this);
        return await _woken.Task;
    }
}
