namespace Serverless.Http.Contract;

/// <summary>Quotas over real HTTP and real storage.</summary>
public sealed class QuotaTests(QuotaTests.Service service) : IClassFixture<QuotaTests.Service>
{
    private const int RequestsPerSecond = 20;

    [Fact]
    public async Task Overload_is_shed_at_once_and_passes_when_it_was_told_to()
    {
        await using var host = await service.StartHostAsync(new Dictionary<string, string?> { ["Quota:RequestsPerSecond"] = $"{RequestsPerSecond}" });
        using var client = new HttpClient { BaseAddress = host.Address };
        using (await client.GetAsync("/healthy"))
        {
        }

        // Three times what two seconds have.
        var flood = await Task.WhenAll(Enumerable.Range(0, 6 * RequestsPerSecond).Select(_ => GetAsync(client)));

        var shed = flood.Where(answer => answer.Status == 429).ToList();
        Assert.InRange(shed.Count, 3 * RequestsPerSecond, 4 * RequestsPerSecond);
        Assert.All(flood.Except(shed), answer => Assert.Equal(200, answer.Status));
        Assert.All(shed, answer => Assert.Equal(1, answer.RetryAfter));

        await Task.Delay(TimeSpan.FromSeconds(1));
        var next = await Task.WhenAll(Enumerable.Range(0, RequestsPerSecond).Select(_ => GetAsync(client)));
        Assert.All(next, answer => Assert.Equal(200, answer.Status));
    }

    [Fact]
    public async Task Each_call_to_storage_is_counted_and_requests_wait_when_it_is_too_much()
    {
        await using var host = await service.StartHostAsync(new Dictionary<string, string?> { ["Quota:StorageCallsPerMinute"] = "60" });
        using var client = new HttpClient { BaseAddress = host.Address };

        // Each asks storage once for a name that it has not heard of.
        var passed = 0;
        (int Status, int RetryAfter) answer;
        while ((answer = await GetAsync(client, $"/topics/absent{passed}")).Status == 404)
        {
            passed++;
        }

        Assert.Equal(429, answer.Status);
        Assert.InRange(answer.RetryAfter, 1, 60);
        Assert.InRange(passed, 40, 120);
        Assert.Equal(200, (await GetAsync(client, "/healthy")).Status);
        Assert.Equal(200, (await GetAsync(client, "/ready")).Status);
    }

    private static async Task<(int Status, int RetryAfter)> GetAsync(HttpClient client, string path = "/brokers")
    {
        using var response = await client.GetAsync(path);
        var retryAfter = response.Headers.RetryAfter?.Delta?.TotalSeconds ?? 0;
        return ((int)response.StatusCode, (int)retryAfter);
    }

    public sealed class Service(AzuriteFixture azurite) : ServiceFixture(azurite);
}
