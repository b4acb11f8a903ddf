namespace Serverless.Core;

/// <summary>Waits that may be told that their time is over: the request goes on with what there is, and is not cancelled.</summary>
internal static class Waiting
{
    /// <summary>Waits until <paramref name="over"/> at the latest.</summary>
    /// <returns>What the wait gave; false where it was ended.</returns>
    public static async ValueTask<bool> UntilAsync(
        Func<CancellationToken, ValueTask<bool>> wait, CancellationToken over, CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(over, cancellationToken);
        try
        {
            return await wait(either.Token);
        }
        catch (OperationCanceledException) when (over.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }
}
