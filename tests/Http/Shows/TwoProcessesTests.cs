namespace Serverless.Http.Shows;

[Collection(Show.Name)]
public sealed class TwoProcessesTests(AzuriteFixture azurite)
{
    private const int Partitions = 3;

    [Fact]
    public async Task Two_processes_serve_one_instance_request_by_request()
    {
        await using var hosts = await ShowHosts.StartAsync(await azurite.ConnectionStringAsync(), 2);
        var (topic, member) = await ArrangeAsync(hosts);
        var sent = await ProduceAsync(hosts, topic, "r", requests: 40, perRequest: 10);

        var seen = new List<Placed>();
        await Eventually.SeesAsync(
            async () =>
            {
                for (var turn = 0; turn < hosts.Count; turn++)
                {
                    // Whoever did not deliver the records commits them.
                    seen.AddRange(await member.PollAsync(hosts[turn].Client, query: "&max_records=17"));
                    await member.CommitAsync(hosts[(turn + 1) % hosts.Count].Client);
                }

                return seen.Count;
            },
            count => count >= sent.Count,
            count => $"{count} of {sent.Count} records came");

        Equal(sent, seen);
        Assert.Empty(await member.PollAsync(hosts[0].Client));
        Assert.Empty(await member.PollAsync(hosts[1].Client));
        Assert.Equal(
            sent.GroupBy(record => record.Partition).ToDictionary(group => group.Key, group => group.Max(record => record.Offset) + 1),
            await member.CommittedAsync(hosts[0].Client, topic, Partitions));
    }

    [Fact]
    public async Task A_process_killed_between_two_requests_takes_nothing_along()
    {
        await using var hosts = await ShowHosts.StartAsync(await azurite.ConnectionStringAsync(), 2);
        var (topic, member) = await ArrangeAsync(hosts);
        var sent = await ProduceAsync(hosts, topic, "r", requests: 20, perRequest: 10);
        var seen = new List<Placed>();
        for (var turn = 0; turn < 6; turn++)
        {
            seen.AddRange(await member.PollAsync(hosts[turn % 2].Client, query: "&max_records=9"));
        }

        await hosts[0].Process.KillAsync();
        seen.AddRange(await member.PollAsync(hosts[1].Client, sent.Count - seen.Count, timeoutMs: 1000, "&max_records=9"));

        Equal(sent, seen);
        Assert.Empty(await member.PollAsync(hosts[1].Client));
    }

    [Fact]
    public async Task A_process_killed_while_it_answers_a_poll_loses_nothing_that_was_not_committed()
    {
        await using var hosts = await ShowHosts.StartAsync(await azurite.ConnectionStringAsync(), 2);
        var (topic, member) = await ArrangeAsync(hosts);
        var sent = await ProduceAsync(hosts, topic, "r", requests: 20, perRequest: 10);
        var done = (await member.PollAsync(hosts[0].Client, query: "&max_records=50")).ToList();
        await member.CommitAsync(hosts[0].Client);

        var poll = member.TryPollAsync(hosts[0].Client, query: "&max_records=50");
        await hosts[0].Process.KillAsync();
        var answered = await Record.ExceptionAsync(() => poll) is null;
        Assert.True(answered || poll.IsFaulted);

        // As the client's next process does: it takes the name over, and goes on where the last commit was.
        member = await Member.CreateAsync(hosts[1].Client, member.Group, member.Name, ("replace", true));
        await member.SubscribeAsync(hosts[1].Client, topic);
        done.AddRange(await member.PollAsync(hosts[1].Client, sent.Count - done.Count, timeoutMs: 1000));

        Equal(sent, done);
    }

    private static async Task<(string Topic, Member Member)> ArrangeAsync(ShowHosts hosts)
    {
        var topic = Show.NewName("orders");
        await hosts[0].Client.CreateTopicAsync(topic, Partitions);
        var member = await Member.CreateAsync(hosts[0].Client, Show.NewName("group"), "c1");
        await member.SubscribeAsync(hosts[1].Client, topic);
        return (topic, member);
    }

    private static async Task<List<Placed>> ProduceAsync(ShowHosts hosts, string topic, string stem, int requests, int perRequest)
    {
        var sent = new List<Placed>();
        for (var request = 0; request < requests; request++)
        {
            var values = Enumerable.Range(0, perRequest).Select(index => $"{stem}-{request}-{index}");
            sent.AddRange(await hosts[request % hosts.Count].Client.ProduceAsync(topic, request % Partitions, values));
        }

        return sent;
    }

    // All of them, each once, those of a partition in its order.
    private static void Equal(IEnumerable<Placed> sent, IEnumerable<Placed> seen) =>
        Assert.Equal(sent.OrderBy(record => record.Partition).ThenBy(record => record.Offset), seen.OrderBy(record => record.Partition));
}
