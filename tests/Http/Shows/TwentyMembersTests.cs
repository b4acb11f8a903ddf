namespace Serverless.Http.Shows;

[Collection(Show.Name)]
public sealed class TwentyMembersTests(AzuriteFixture azurite)
{
    private const int Members = 20, Partitions = 12;

    [Fact]
    public async Task Twenty_members_that_join_twelve_partitions_at_once_settle_and_each_leave_moves_the_fewest()
    {
        await using var hosts = await ShowHosts.StartAsync(await azurite.ConnectionStringAsync(), 2);
        var topic = Show.NewName("orders");
        var group = Show.NewName("group");
        await hosts[0].Client.CreateTopicAsync(topic, Partitions);
        await using var producer = new SteadyProducer(hosts[1].Client, topic, Partitions);
        await using var members = new PollingMembers(topic);

        await Task.WhenAll(Enumerable.Range(0, Members).Select(
            number => members.JoinAsync(hosts[number % 2].Client, group, $"m{number:D2}")));
        var assignments = await members.SettleAsync(Partitions, inactive: Members - Partitions);
        await producer.MoreAsync(records: 2);
        Assert.Equal(PollingMembers.Tell(assignments), PollingMembers.Tell(await members.AssignmentsAsync()));

        // While there are idle members, a leaver's partition goes to one of them and no other moves. An idle one moves none.
        for (var left = 1; left <= Members - Partitions; left++)
        {
            var leaver = assignments.OrderBy(entry => entry.Key).First(entry => entry.Value.Count == (left == 2 ? 0 : 1));
            await members.LeaveAsync(leaver.Key, hosts[left % 2].Client);
            var after = await members.SettleAsync(Partitions, inactive: Members - Partitions - left);
            foreach (var (name, owned) in after)
            {
                Assert.True(
                    owned.SequenceEqual(assignments[name]) || (assignments[name].Count == 0 && owned.SequenceEqual(leaver.Value)),
                    $"{leaver.Key} left.\nBefore: {PollingMembers.Tell(assignments)}\nAfter: {PollingMembers.Tell(after)}");
            }

            assignments = after;
        }

        // None is idle any more: the others keep what they have, and one of them gets one more.
        await members.LeaveAsync(assignments.Keys.Order().Last(), hosts[0].Client);
        var fewer = await members.SettleAsync(Partitions, inactive: 0);
        Assert.All(fewer, entry => Assert.Subset(entry.Value.ToHashSet(), assignments[entry.Key].ToHashSet()));
        Assert.Equal(Partitions - 1, fewer.Count);
        Assert.Equal(2, fewer.Values.Max(owned => owned.Count));

        await producer.MoreAsync(records: 2);
        await producer.StopAsync();
        await Eventually.IsSoAsync(
            () => members.Given.Count >= producer.Sent.Sum(), () => $"{members.Given.Count} of {producer.Sent.Sum()} came");
        AssertEachOnceInOrder(members, producer);
    }

    // Nobody died, so nothing comes twice: whoever gives a partition up has committed what it was given.
    private static void AssertEachOnceInOrder(PollingMembers members, SteadyProducer producer)
    {
        for (var partition = 0; partition < Partitions; partition++)
        {
            var given = members.Given.Where(entry => entry.Record.Partition == partition).ToList();
            Assert.Equal(
                Enumerable.Range(0, producer.Sent[partition]).Select(offset => (long)offset),
                given.Select(entry => entry.Record.Offset).Order());
            Assert.All(
                given.GroupBy(entry => entry.Member).Select(byMember => byMember.Select(entry => entry.Record.Offset).ToList()),
                offsets => Assert.Equal(offsets.Order(), offsets));
        }
    }
}
