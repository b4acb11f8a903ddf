namespace Serverless.Http.Shows;

[Collection(Show.Name)]
public sealed class TwoGroupsTests(AzuriteFixture azurite)
{
    [Fact]
    public async Task Two_groups_read_a_topic_independently()
    {
        await using var host = await ShowHost.OnAsync(await azurite.ConnectionStringAsync());
        var at = host.Client;
        var topic = Show.NewName("orders");
        await at.CreateTopicAsync(topic, 2);
        var billing = await Member.CreateAsync(at, Show.NewName("billing"), "c");
        var shipping = await Member.CreateAsync(at, Show.NewName("shipping"), "c");
        await billing.SubscribeAsync(at, topic);
        await shipping.SubscribeAsync(at, topic);
        Placed[] sent =
        [
            .. await at.ProduceAsync(topic, 0, Enumerable.Range(0, 30).Select(n => $"a{n}")),
            .. await at.ProduceAsync(topic, 1, Enumerable.Range(0, 20).Select(n => $"b{n}")),
        ];

        var billed = await billing.PollAsync(at, count: sent.Length, timeoutMs: 1000);
        await billing.CommitAsync(at);
        var shipped = await shipping.PollAsync(at, count: sent.Length, timeoutMs: 1000, "&max_records=7");

        Assert.Equal(sent, billed.OrderBy(record => record.Partition));
        Assert.Equal(sent, shipped.OrderBy(record => record.Partition));
        Assert.Equal(new Dictionary<int, long> { [0] = 30, [1] = 20 }, await billing.CommittedAsync(at, topic, 2));
        Assert.Empty(await shipping.CommittedAsync(at, topic, 2));
    }
}
