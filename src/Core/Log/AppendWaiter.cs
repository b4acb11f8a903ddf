namespace Serverless.Core.Log;

/// <summary>Somebody who waits for partitions to grow; woken by the first that does.</summary>
internal sealed class AppendWaiter
{
    private readonly TaskCompletionSource _woken = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task Woken => _woken.Task;

    public void Wake() => _woken.TrySetResult();
}
