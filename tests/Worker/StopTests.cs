using Serverless.Http;
using Serverless.Http.Shows;
using Serverless.Http.Telemetry;

namespace Serverless.Worker;

/// <summary>How the worker ends, be it at the start.</summary>
public sealed class StopTests(AzuriteFixture azurite)
{
    // So long the host waits before it kills.
    private static readonly TimeSpan GracePeriod = TimeSpan.FromSeconds(5);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_worker_ends_well_when_it_is_told_to(bool bySignal)
    {
        await using var host = await WorkerFixture.StartHostAsync(azurite);
        using var client = new LogClient(host.Address);
        (await client.SendAsync("GET", "/ready")).Must(200);

        await StopAsync(host, bySignal);

        Assert.Equal(0, await host.Process.ExitAsync(GracePeriod));
        Assert.Equal("", host.Complaints);
    }

    [Fact]
    public async Task The_worker_ends_in_time_when_nobody_takes_its_telemetry()
    {
        using var silent = new SilentReceiver();
        await using var host = await WorkerFixture.StartHostAsync(
            azurite, ("OTEL_EXPORTER_OTLP_ENDPOINT", silent.Address),
            ("APPLICATIONINSIGHTS_CONNECTION_STRING", $"InstrumentationKey=00000000-0000-0000-0000-000000000001;IngestionEndpoint={silent.Address}"));
        using var client = new LogClient(host.Address);
        (await client.SendAsync("GET", "/ready")).Must(200);

        await StopAsync(host, bySignal: true);

        Assert.Equal(0, await host.Process.ExitAsync(GracePeriod));
    }

    [Theory]
    [InlineData("OTEL_EXPORTER_OTLP_HEADERS", "secret")]
    [InlineData("APPLICATIONINSIGHTS_CONNECTION_STRING", "InstrumentationKey=;IngestionEndpoint=nonsense")]
    public async Task A_worker_whose_telemetry_cannot_work_says_so_and_ends(string name, string value)
    {
        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => WorkerFixture.StartHostAsync(azurite, (name, value)));

        Assert.Contains($"SettingException: {name} ", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_worker_without_a_storage_account_says_so_and_ends()
    {
        var nothing = new Dictionary<string, string?> { ["AzureWebJobsStorage"] = "", ["LogStorage"] = "" };

        var refused = await Assert.ThrowsAsync<InvalidOperationException>(
            () => Host.FunctionsHost.StartAsync(WorkerFixture.Folder, nothing));

        Assert.Contains("No storage account is configured: set LogStorage or AzureWebJobsStorage", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_long_poll_is_answered_when_its_worker_is_told_to_end()
    {
        await using var host = await WorkerFixture.StartHostAsync(azurite);
        using var client = new LogClient(host.Address);
        await client.CreateTopicAsync("stopping", 1);
        var member = await Member.CreateAsync(client, "stopping", "m");
        await member.SubscribeAsync(client, "stopping");
        await member.PollAsync(client, timeoutMs: 1);
        var polling = member.TryPollAsync(client, timeoutMs: 60_000);
        await Eventually.IsSoAsync(() => !host.Invocations.Last().Response.IsCompleted, () => "the poll did not begin");

        host.Terminate();

        Assert.Equal(0, await host.Process.ExitAsync(GracePeriod));
        Assert.Equal("", host.Complaints);
        Assert.Equal("[]", (await polling).Must(200).Text);
    }

    private static async Task StopAsync(Host.FunctionsHost host, bool bySignal)
    {
        if (bySignal)
        {
            await host.Process.TerminateAsync();
        }
        else
        {
            host.Terminate();
        }
    }
}
