using System.Diagnostics;
using System.Globalization;

namespace Serverless.Http.BadInput;

/// <summary>Good requests, mutated by chance: never a 5xx, always the contract's body, and afterwards the service serves.</summary>
/// <remarks>
/// <c>HTTP_MUTATIONS</c> says how many, <c>HTTP_MUTATIONS_SEED</c> from which seed on. Each mutant is made from a seed of its own, which a
/// failure tells: with it as the seed and a count of 1 that mutant is made again.
/// </remarks>
public sealed class MutationTests(MutationTests.Fixture service, ITestOutputHelper output) : IClassFixture<MutationTests.Fixture>
{
    private const int CountUsual = 10_000;
    private const int AtOnce = 4;

    [Fact]
    public async Task A_mutant_never_gets_a_5xx_and_always_the_contracts_error()
    {
        var count = Setting("HTTP_MUTATIONS", CountUsual);
        var first = Setting("HTTP_MUTATIONS_SEED", 1);
        var (next, failures, statuses) = (0, new List<string>(), new SortedDictionary<int, int>());
        var times = new List<TimeSpan>();
        await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(async _ =>
        {
            for (int i; (i = Interlocked.Increment(ref next) - 1) < count;)
            {
                if (i % 50 == 0)
                {
                    // Some mutants are good requests that delete.
                    await service.Log.RestoreAsync();
                }

                await TryAsync(first + i);
            }
        }));

        times.Sort();
        output.WriteLine(
            $"{count} from seed {first}: {string.Join(", ", statuses.Select(status => $"{status.Key}: {status.Value}"))}; "
            + $"half within {times[times.Count / 2].TotalMilliseconds:F1} ms, 99% within {times[times.Count * 99 / 100].TotalMilliseconds:F1} ms");
        Assert.Empty(failures);
        Assert.InRange(times[times.Count / 2], TimeSpan.Zero, TimeSpan.FromMilliseconds(100));
        await service.Log.RestoreAsync();
        await service.Log.ServesAsync();

        async Task TryAsync(int seed)
        {
            var random = new Random(seed);
            var mutant = new Mutator(random).Mutate(ValidRequests.All[random.Next(ValidRequests.All.Count)]);
            var began = Stopwatch.GetTimestamp();
            var failure = await FailureAsync(mutant);
            lock (times)
            {
                times.Add(Stopwatch.GetElapsedTime(began));
                statuses[failure.Status] = statuses.GetValueOrDefault(failure.Status) + 1;
                if (failure.Message is { } message && failures.Count < 20)
                {
                    failures.Add($"seed {seed}: {mutant} => {message}");
                }
            }
        }
    }

    private async Task<(int Status, string? Message)> FailureAsync(WireRequest mutant)
    {
        try
        {
            var answer = await mutant.SendAsync(service.Log);
            var isServersOwn = answer.Body.Length == 0 && answer.Header("X-Correlation-Id") is null
                && ((answer.Status == 400 && mutant.Path.Contains("%00", StringComparison.Ordinal)) || answer.Status == 414);
            if (answer.Status >= 400 && !isServersOwn && mutant.Method != "HEAD")
            {
                answer.MustBeError();
            }

            return (answer.Status, answer.Status >= 500 ? answer.Text : null);
        }
        catch (Exception e) when (e is Xunit.Sdk.XunitException or HttpRequestException or System.Text.Json.JsonException or KeyNotFoundException)
        {
            return (0, e.Message);
        }
    }

    private static int Setting(string name, int usual) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out var value) ? value : usual;

    /// <summary>As the other tables' log, with waits so short that mutants of a timeout do not hold the run up.</summary>
    public sealed class Fixture(AzuriteFixture azurite) : IAsyncLifetime
    {
        public BadInputFixture Log { get; } = new(azurite)
        {
            Changed = new Dictionary<string, string?> { ["Http:WaitMaxMs"] = "20", ["Http:RequestTimeoutMs"] = "10", ["Http:BodyTimeoutMs"] = "5000" },
        };

        public ValueTask InitializeAsync() => Log.InitializeAsync();

        public ValueTask DisposeAsync() => Log.DisposeAsync();
    }
}
