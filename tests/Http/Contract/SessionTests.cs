namespace Serverless.Http.Contract;

/// <summary>How long instances and their partitions last without requests (sections 2.5 and 5.6 of the HTTP contract).</summary>
public sealed class SessionTests(SessionTests.Fixture service) : IClassFixture<SessionTests.Fixture>
{
    [Fact]
    public async Task An_instance_that_is_idle_for_its_time_is_gone_and_its_commits_stay()
    {
        var topic = await service.CreateTopicAsync();
        await service.ProduceAsync(topic, "{\"value\":1}", "{\"value\":2}");
        var consumer = await service.SubscribeAsync(topic, "gone");
        (await service.PostAsync($"{consumer}/offsets", $$"""{"offsets":[{"topic":"{{topic}}","partition":0,"offset":0}]}""")).Must(200);

        await Task.Delay(TimeSpan.FromSeconds(4.5));

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

        for (var i = 0; i < 5; i++)
        {
            await Task.Delay(500);
            (await service.PostAsync($"{lively}/heartbeat", null)).Must(200);
        }

        await service.PollAsync(lively, "?timeout=1");
        Assert.Equal(2, (await service.GetAsync($"{lively}/assignments")).Must(200).Node["partitions"]!.AsArray().Count);
        await service.PollAsync(silent, "?timeout=1");
        (await service.GetAsync($"{silent}/subscription")).Must(200);
    }

    [Fact]
    public async Task Every_request_renews_an_instance()
    {
        var topic = await service.CreateTopicAsync();
        var consumer = await service.SubscribeAsync(topic, "renewed");
        foreach (var path in (string[])["/subscription", "/assignments", "/offsets", "/records?timeout=1", "/positions"])
        {
            await Task.Delay(TimeSpan.FromSeconds(2));
            (await service.GetAsync(consumer + path)).Must(200);
        }
    }

    /// <summary>With times short enough to be waited for: storage has a real clock.</summary>
    public sealed class Fixture(AzuriteFixture azurite) : ServiceFixture(azurite)
    {
        protected override IReadOnlyDictionary<string, string?> Settings { get; } = new Dictionary<string, string?>
        {
            ["Http:InstanceTimeoutMs"] = "4000", ["Http:SessionTimeoutMinMs"] = "1000",
        };
    }
}
