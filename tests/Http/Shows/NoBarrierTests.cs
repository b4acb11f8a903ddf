namespace Serverless.Http.Shows;

[Collection(Show.Name)]
public sealed class NoBarrierTests(AzuriteFixture azurite)
{
    private const int Partitions = 6;

    [Fact]
    public async Task A_member_that_stops_asking_holds_up_what_it_has_and_nothing_else()
    {
        await using var hosts = await ShowHosts.StartAsync(await azurite.ConnectionStringAsync(), 2);
        var topic = Show.NewName("orders");
        var group = Show.NewName("group");
        await hosts[0].Client.CreateTopicAsync(topic, Partitions);
        await using var producer = new SteadyProducer(hosts[1].Client, topic, Partitions);
        await using var members = new PollingMembers(topic);
        await members.JoinAsync(hosts[0].Client, group, "mute");
        await members.JoinAsync(hosts[1].Client, group, "old");
        var before = await members.SettleAsync(Partitions, inactive: 0);
        await producer.MoreAsync(records: 3);

        // Its session is the usual five minutes, and one partition of each of the two is to be the new member's.
        var mute = await members.StopAsync("mute");
        var heard = before["mute"].Sum(partition => Given(members, partition).Count);
        await members.JoinAsync(hosts[0].Client, group, "new");
        var during = await Eventually.SeesAsync(
            members.AssignmentsAsync, found => found["new"].Count == 1 && found["old"].Count == 2, PollingMembers.Tell);
        await producer.MoreAsync(records: 5);
        var sent = producer.Sent.ToArray();
        await Eventually.IsSoAsync(
            () => before["old"].All(partition => Given(members, partition).Count >= sent[partition]),
            () => $"given of {string.Join(' ', before["old"])}: {string.Join(' ', before["old"].Select(partition => Given(members, partition).Count))}");

        Assert.Equal(before["old"], during["old"].Concat(during["new"]).Order());
        Assert.Equal(heard, before["mute"].Sum(partition => Given(members, partition).Count));

        // It is back: it gives up one, commits what it was given, and goes on with the others.
        var back = (await mute.PollAsync(hosts[1].Client)).ToLookup(record => record.Partition, record => record.Offset);
        var after = await Eventually.SeesAsync(
            members.AssignmentsAsync, found => found["new"].Count == 2, PollingMembers.Tell);
        var moved = Assert.Single(after["new"].Intersect(before["mute"]));
        Assert.DoesNotContain(moved, back.Select(partition => partition.Key));
        await producer.StopAsync();
        await Eventually.IsSoAsync(
            () => before["old"].Append(moved).All(partition => Given(members, partition).Count == producer.Sent[partition]),
            () => string.Join(' ', Enumerable.Range(0, Partitions).Select(partition => Given(members, partition).Count)));
        for (var partition = 0; partition < Partitions; partition++)
        {
            var all = Given(members, partition).Concat(back[partition]).Order().ToList();
            Assert.Equal(Enumerable.Range(0, all.Count).Select(offset => (long)offset), all);
        }
    }

    private static List<long> Given(PollingMembers members, int partition) =>
        [.. members.Given.Where(entry => entry.Record.Partition == partition).Select(entry => entry.Record.Offset)];
}
