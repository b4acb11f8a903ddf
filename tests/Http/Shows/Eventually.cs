namespace Serverless.Http.Shows;

/// <summary>Waits for what must come to be, however slow the machine is; never for a time to pass.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <summary>Looks until it is so, and returns what it saw then.</summary>
    public static async Task<T> SeesAsync<T>(Func<Task<T>> look, Func<T, bool> isSo, Func<T, string> tell)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var seen = await look();
            if (isSo(seen))
            {
                return seen;
            }

            Assert.True(
                TimeProvider.System.GetElapsedTime(began) < Patience, $"It did not come to be within {Patience}: {tell(seen)}");
            await Task.Delay(Pause);
        }
    }

    public static Task IsSoAsync(Func<bool> isSo, Func<string> tell) =>
        SeesAsync(() => Task.FromResult(isSo()), so => so, _ => tell());
}
