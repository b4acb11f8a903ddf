namespace Serverless.Core;

/// <summary>Lets one through at a time, in the order of their coming. Never blocks a thread.</summary>
/// <remarks>
/// In place of <see cref="SemaphoreSlim"/>, whose <c>WaitAsync</c> with a token goes on in the thread pool whatever context
/// it was called in: the simulator could not follow it there, and order of arrival is not promised by it either.
/// </remarks>
internal sealed class Turnstile
{
    private readonly Lock _gate = new();
    private readonly Queue<TaskCompletionSource> _waiting = new();
    private bool _taken;

    /// <summary>Whoever comes through must <see cref="Leave"/>. When cancelled while waiting nobody came through.</summary>
    public async ValueTask EnterAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        TaskCompletionSource turn;
        lock (_gate)
        {
            if (!_taken)
            {
                _taken = true;
                return;
            }

            turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Enqueue(turn);
        }

        using var cancelled = cancellationToken.UnsafeRegister(
            (waiter, token) => ((TaskCompletionSource)waiter!).TrySetCanceled(token), turn);
        await turn.Task;
    }

    public void Leave()
    {
        lock (_gate)
        {
            while (_waiting.TryDequeue(out var next))
            {
                // False: it was cancelled while it waited.
                if (next.TrySetResult())
                {
                    return;
                }
            }

            _taken = false;
        }
    }
}
