namespace Serverless.Core;

/// <summary>Pauses between attempts: up to twice as long each time, and by chance, so that those who met once do not meet again.</summary>
internal sealed class Backoff(TimeProvider clock, Random random, TimeSpan min, TimeSpan max)
{
    private readonly Lock _chance = new();

    /// <param name="attempt">Those that failed before this one: 0 for the shortest pause.</param>
    public Task PauseAsync(int attempt, CancellationToken cancellationToken)
    {
        var most = Math.Min(max.TotalMilliseconds, min.TotalMilliseconds * Math.Pow(2, attempt));
        double share;
        lock (_chance)
        {
            share = random.NextDouble();
        }

        return Task.Delay(TimeSpan.FromMilliseconds(1 + (most * share)), clock, cancellationToken);
    }
}
