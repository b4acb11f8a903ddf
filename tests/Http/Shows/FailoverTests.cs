namespace Serverless.Http.Shows;

[Collection(Show.Name)]
public sealed class FailoverTests(AzuriteFixture azurite)
{
    private const int SessionMs = 6000;

    [Fact]
    public async Task What_a_silent_consumer_had_goes_on_elsewhere_from_its_commits_and_it_comes_back_fenced()
    {
        await using var hosts = await ShowHosts.StartAsync(await azurite.ConnectionStringAsync(), 2);
        var (topic, silent, heir) = await ArrangeAsync(hosts);
        Placed[] sent = [.. await hosts[0].Client.ProduceAsync(topic, 0, Enumerable.Range(0, 30).Select(n => $"v{n}"))];
        Assert.Equal(sent[..10], await silent.PollAsync(hosts[0].Client, query: "&max_records=10"));
        await silent.CommitAsync(hosts[0].Client);
        Assert.Equal(sent[10..20], await silent.PollAsync(hosts[0].Client, query: "&max_records=10"));

        // The heir had nothing; from now on only it asks.
        var taken = await heir.PollAsync(hosts[1].Client, count: 20, timeoutMs: 1000);

        Assert.Equal(sent[10..], taken);
        var refused = await silent.TryCommitAsync(hosts[0].Client, topic, sent[19]);
        Assert.Equal((409, 40903), (refused.Status, refused.ErrorCode));
        Assert.Equal(10, (await heir.CommittedAsync(hosts[1].Client, topic, 1))[0]);

        await heir.CommitAsync(hosts[1].Client);
        await hosts[0].Client.ProduceAsync(topic, 0, "more");
        Assert.Empty(await silent.PollAsync(hosts[0].Client));
        Assert.Empty(await silent.AssignmentAsync(hosts[0].Client));
        Assert.Equal("more", Assert.Single(await heir.PollAsync(hosts[1].Client, count: 1, timeoutMs: 1000)).Value);
        Assert.Equal(30, (await heir.CommittedAsync(hosts[1].Client, topic, 1))[0]);
    }

    [Fact]
    public async Task A_poll_that_stood_still_while_its_partition_went_elsewhere_answers_nothing()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Processes are held up by a signal.");
        await using var hosts = await ShowHosts.StartAsync(await azurite.ConnectionStringAsync(), 2);
        var (topic, held, heir) = await ArrangeAsync(hosts);

        // Whether it waits already when its process is held up or has only just arrived: it must not answer for the past.
        var poll = held.TryPollAsync(hosts[0].Client, timeoutMs: 60_000);
        (await hosts[0].Client.SendAsync("GET", "/healthy")).Must(200);
        await hosts[0].Process.SuspendAsync();
        var sent = await hosts[1].Client.ProduceAsync(topic, 0, "one", "two", "three");
        var taken = await heir.PollAsync(hosts[1].Client, count: sent.Count, timeoutMs: 1000);
        await heir.CommitAsync(hosts[1].Client);
        await heir.LeaveAsync(hosts[1].Client);
        await hosts[0].Process.ResumeAsync();
        var late = await hosts[1].Client.ProduceAsync(topic, 0, "four");
        var given = LogClient.Records(await poll).ToList();
        if (given.Count == 0)
        {
            given.AddRange(await held.PollAsync(hosts[0].Client, count: 1, timeoutMs: 1000));
        }

        Assert.Equal(sent, taken);
        Assert.Equal(late, given);
    }

    // The second member joins when the only partition is the first's already.
    private static async Task<(string Topic, Member First, Member Second)> ArrangeAsync(ShowHosts hosts)
    {
        var topic = Show.NewName("orders");
        var group = Show.NewName("group");
        await hosts[0].Client.CreateTopicAsync(topic, 1);
        var first = await Member.CreateAsync(hosts[0].Client, group, "first", ("session.timeout.ms", SessionMs));
        await first.SubscribeAsync(hosts[0].Client, topic);
        Assert.Equal([0], await first.HeartbeatAsync(hosts[0].Client));
        var second = await Member.CreateAsync(hosts[1].Client, group, "second", ("session.timeout.ms", SessionMs));
        await second.SubscribeAsync(hosts[1].Client, topic);
        Assert.Empty(await second.HeartbeatAsync(hosts[1].Client));
        return (topic, first, second);
    }
}
