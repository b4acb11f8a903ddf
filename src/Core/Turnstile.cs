namespace Serverless.Core;

/// <summary>Lets one through at a time, or a few, in the order of their coming. Never blocks a thread.</summary>
/// <remarks>
/// In place of <see cref="SemaphoreSlim"/>, whose <c>WaitAsync</c> with a token goes on in the thread pool whatever context
/// it was called in: the simulator could not follow it there, and order of arrival is not promised by it either.
/// </remarks>
/// <param name="places">How many may be inside at once.</param>
internal sealed class Turnstile(int places = 1)
{
    private readonly Lock _gate = new();
    private readonly Queue<TaskCompletionSource<bool>> _waiting = new();
    private int _free = places;

    /// <summary>Whether somebody would come in if one left.</summary>
    public bool IsAwaited
    {
        get
        {
            lock (_gate)
            {
                return _waiting.Any(turn => !turn.Task.IsCompleted);
            }
        }
    }

    /// <summary>Whoever comes through must <see cref="Leave"/>. When cancelled while waiting nobody came through.</summary>
    public async ValueTask EnterAsync(CancellationToken cancellationToken)
    {
        if (Enqueue(cancellationToken) is { } turn)
        {
            await TurnAsync(turn, cancellationToken);
        }
    }

    /// <summary>The same for as long as the patience lasts: false, and nobody came through.</summary>
    public async ValueTask<bool> TryEnterAsync(TimeSpan patience, TimeProvider clock, CancellationToken cancellationToken)
    {
        if (Enqueue(cancellationToken) is not { } turn)
        {
            return true;
        }

        using var over = clock.CreateTimer(
            waiter => ((TaskCompletionSource<bool>)waiter!).TrySetResult(false), turn, patience, Timeout.InfiniteTimeSpan);
        return await TurnAsync(turn, cancellationToken);
    }

    private TaskCompletionSource<bool>? Enqueue(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            if (_free > 0)
            {
                _free--;
                return null;
            }

            var turn = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Enqueue(turn);
            return turn;
        }
    }

    private static async ValueTask<bool> TurnAsync(TaskCompletionSource<bool> turn, CancellationToken cancellationToken)
    {
        using var cancelled = cancellationToken.UnsafeRegister(
            (waiter, token) => ((TaskCompletionSource<bool>)waiter!).TrySetCanceled(token), turn);
        return await turn.Task;
    }

    public void Leave()
    {
        lock (_gate)
        {
            while (_waiting.TryDequeue(out var next))
            {
                // False: it was cancelled while it waited, or lost patience.
                if (next.TrySetResult(true))
                {
                    return;
                }
            }

            _free++;
        }
    }
}
