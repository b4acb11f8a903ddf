namespace Serverless.Http.Shows;

[Collection(Show.Name)]
public sealed class StaticMemberTests(AzuriteFixture azurite)
{
    private const int Partitions = 6;

    [Fact]
    public async Task A_static_member_whose_process_was_killed_is_back_and_no_partition_of_others_moves()
    {
        await using var hosts = await ShowHosts.StartAsync(await azurite.ConnectionStringAsync(), 2);
        var (doomed, other) = (hosts[0], hosts[1]);
        var topic = Show.NewName("orders");
        var group = Show.NewName("group");
        await other.Client.CreateTopicAsync(topic, Partitions);
        await using var members = new PollingMembers(topic);
        foreach (var name in (string[])["s1", "s2", "s3"])
        {
            var at = name == "s1" ? doomed.Client : other.Client;
            await members.JoinAsync(at, group, name, ("group.instance.id", $"static-{name}"), ("session.timeout.ms", 60_000));
        }

        await using var producer = new SteadyProducer(other.Client, topic, Partitions);
        var before = await members.SettleAsync(Partitions, inactive: 0);
        await producer.MoreAsync(records: 3);

        // Its client dies with it, and starts anew elsewhere under a name that the service made up.
        await members.StopAsync("s1");
        await doomed.Process.KillAsync();
        await producer.MoreAsync(records: 3);
        var between = await members.AssignmentsAsync();
        await using var third = await ShowHost.OnAsync(await azurite.ConnectionStringAsync());
        await members.JoinAsync(third.Client, group, "s1-again", ("group.instance.id", "static-s1"), ("session.timeout.ms", 60_000));
        var after = await members.SettleAsync(Partitions, inactive: 0);

        foreach (var name in (string[])["s2", "s3"])
        {
            Assert.Equal(before[name], between[name]);
            Assert.Equal(before[name], after[name]);
        }

        Assert.Equal(before["s1"], after["s1-again"]);
        await producer.StopAsync();
        await Eventually.IsSoAsync(
            () => Partitioned(members).Sum(offsets => offsets.Distinct().Count()) == producer.Sent.Sum(),
            () => $"{members.Given.Count} of {producer.Sent.Sum()} came");
        var given = Partitioned(members);
        for (var partition = 0; partition < Partitions; partition++)
        {
            var all = Enumerable.Range(0, producer.Sent[partition]).Select(offset => (long)offset);

            // What the killed client was given and did not live to commit comes again, and nothing else does.
            var isRestarted = before["s1"].Contains(partition);
            Assert.Equal(all, isRestarted ? given[partition].Distinct().Order() : given[partition]);
        }
    }

    private static List<List<long>> Partitioned(PollingMembers members) =>
        [.. Enumerable.Range(0, Partitions).Select(partition =>
            members.Given.Where(entry => entry.Record.Partition == partition).Select(entry => entry.Record.Offset).ToList())];
}
