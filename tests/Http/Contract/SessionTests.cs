using Serverless.Http.Shows;

namespace Serverless.Http.Contract;

/// <summary>How long instances and their partitions last without requests (sections 2.5 and 5.6 of the HTTP contract).</summary>
public sealed class SessionTests(SessionTests.Fixture service) : IClassFixture<SessionTests.Fixture>
{
    // The service's clock tells whole seconds, so that a time by it may last a second longer than it says.
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(9);

    [Fact]
    public async Task An_instance_that_is_idle_for_its_time_is_gone_and_its_commits_stay()
    {
        var topic = await service.CreateTopicAsync();
        await service.ProduceAsync(topic, "{\"value\":1}", "{\"value\":2}");
        var consumer = await service.SubscribeAsync(topic, "gone");
        (await service.PostAsync($"{consumer}/offsets", $$"""{"offsets":[{"topic":"{{topic}}","partition":0,"offset":0}]}""")).Must(200);

        await Task.Delay(Idle);

        Assert.Equal(40403, (await service.GetAsync($"{consumer}/records")).Must(404).ErrorCode);
        Assert.Equal(40403, (await service.PostAsync($"{consumer}/heartbeat", null)).Must(404).ErrorCode);
        var next = await service.SubscribeAsync(topic, "gone");
        Assert.Equal(2, Assert.Single(await service.PollAsync(next))!["value"]!.GetValue<int>());
    }

    [Fact]
    public async Task A_member_that_keeps_silent_for_its_session_loses_its_partitions_and_not_its_instance()
    {
        var topic = await service.CreateTopicAsync(2);
        var silent = await service.SubscribeAsync(topic, "silence", "\"format\":\"json\",\"session.timeout.ms\":1000");
        var lively = await service.SubscribeAsync(topic, "silence", "\"format\":\"json\"");
        await service.PollAsync(silent, "?timeout=1");

        await Eventually.SeesAsync(
            async () =>
            {
                (await service.PostAsync($"{lively}/heartbeat", null)).Must(200);
                return (await service.GetAsync($"{lively}/assignments")).Must(200).Node["partitions"]!.AsArray().Count;
            },
            owned => owned == 2,
            owned => $"the lively member owns {owned}");

        await service.PollAsync(silent, "?timeout=1");
        (await service.GetAsync($"{silent}/subscription")).Must(200);
    }

    [Fact]
    public async Task Every_request_renews_an_instance()
    {
        var topic = await service.CreateTopicAsync();
        await Task.WhenAll(
            new[] { "/subscription", "/assignments", "/offsets", "/records?timeout=1", "/positions", "/lag" }.Select(RenewsAsync));

        async Task RenewsAsync(string path)
        {
            var consumer = await service.SubscribeAsync(topic, service.NewName("renewed"));

            // Together longer than an instance lives without a request, and each of them well below.
            await Task.Delay(Idle / 2);
            (await service.GetAsync(consumer + path)).Must(200);
            await Task.Delay(Idle / 2);

            var later = await service.GetAsync($"{consumer}/subscription");
            Assert.True(later.Status == 200, $"{path} did not renew: {later.Status}");
        }
    }

    /// <summary>With times short enough to be waited for: storage has a real clock.</summary>
    public sealed class Fixture(AzuriteFixture azurite) : ServiceFixture(azurite)
    {
        protected override IReadOnlyDictionary<string, string?> Settings { get; } = new Dictionary<string, string?>
        {
            ["Http:InstanceTimeoutMs"] = "7000", ["Http:SessionTimeoutMinMs"] = "1000",
        };
    }
}
