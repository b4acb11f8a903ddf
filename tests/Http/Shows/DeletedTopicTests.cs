using System.Collections.Concurrent;

namespace Serverless.Http.Shows;

[Collection(Show.Name)]
public sealed class DeletedTopicTests(AzuriteFixture azurite)
{
    private const int Lanes = 4;

    [Fact]
    public async Task A_topic_deleted_while_others_produce_to_it_is_not_found_and_its_name_begins_anew()
    {
        await using var hosts = await ShowHosts.StartAsync(await azurite.ConnectionStringAsync(), 2);
        var (producers, operators) = (hosts[0].Client, hosts[1].Client);
        var topic = Show.NewName("orders");
        await operators.CreateTopicAsync(topic, 1);
        var stored = new ConcurrentBag<Placed>();
        var lanes = Enumerable.Range(0, Lanes).Select(lane => ProduceUntilGoneAsync(producers, topic, $"old-{lane}", stored)).ToList();
        await Eventually.IsSoAsync(
            () => stored.Count >= 20 || lanes.Exists(lane => lane.IsFaulted), () => $"{stored.Count} requests were answered");

        (await operators.SendAsync("DELETE", $"/v3/clusters/serverless/topics/{topic}")).Must(204);

        // From now on nothing is stored, whatever the producers' process remembers of the topic.
        foreach (var refusal in (Answer[])[await producers.TryProduceAsync(topic, 0, "late"), .. await Task.WhenAll(lanes)])
        {
            Assert.Equal((404, 40401), (refusal.Status, refusal.ErrorCode));
        }

        Assert.Equal(40401, (await producers.SendAsync("GET", $"/topics/{topic}")).ErrorCode);
        await operators.CreateTopicAsync(topic, 1);
        var first = Assert.Single(await producers.ProduceAsync(topic, 0, "new-0"));
        var second = Assert.Single(await operators.ProduceAsync(topic, 0, "new-1"));
        Assert.Equal((0, 1), (first.Offset, second.Offset));
        Assert.Equal([first, second], await producers.ReadAllAsync(topic, 0));
    }

    [Fact]
    public async Task Producers_go_over_to_a_topic_that_is_deleted_and_made_anew_under_them()
    {
        await using var hosts = await ShowHosts.StartAsync(await azurite.ConnectionStringAsync(), 2);
        var (producers, operators) = (hosts[0].Client, hosts[1].Client);
        var topic = Show.NewName("orders");
        await operators.CreateTopicAsync(topic, 1);
        var stored = new ConcurrentBag<Placed>();
        using var stop = new CancellationTokenSource();
        var lanes = Enumerable.Range(0, Lanes)
            .Select(lane => ProduceUntilAsync(producers, topic, $"lane-{lane}", stored, stop.Token)).ToList();
        await Eventually.IsSoAsync(
            () => stored.Count >= 20 || lanes.Exists(lane => lane.IsFaulted), () => $"{stored.Count} requests were answered");

        (await operators.SendAsync("DELETE", $"/v3/clusters/serverless/topics/{topic}")).Must(204);
        await operators.CreateTopicAsync(topic, 1);
        var late = await producers.ProduceAsync(topic, 0, "late");
        await Eventually.SeesAsync(
            () => operators.OffsetsAsync(topic, 0), offsets => offsets.End >= 20, offsets => $"the new log ends at {offsets.End}");
        await stop.CancelAsync();
        await Task.WhenAll(lanes);

        var log = await operators.ReadAllAsync(topic, 0);
        Assert.Equal(Enumerable.Range(0, log.Count).Select(offset => (long)offset), log.Select(record => record.Offset));
        Assert.Empty(log.Except([.. stored, .. late]));
        Assert.Subset(log.ToHashSet(), late.ToHashSet());
    }

    private static async Task<Answer> ProduceUntilGoneAsync(LogClient at, string topic, string stem, ConcurrentBag<Placed> stored)
    {
        for (var n = 0; ; n++)
        {
            var answer = await at.TryProduceAsync(topic, 0, $"{stem}-{n}");
            if (answer.Status != 200)
            {
                return answer;
            }

            stored.Add(new Placed(0, answer.Node["offsets"]![0]!["offset"]!.GetValue<long>(), $"{stem}-{n}"));
        }
    }

    private static async Task ProduceUntilAsync(
        LogClient at, string topic, string stem, ConcurrentBag<Placed> stored, CancellationToken stop)
    {
        for (var n = 0; !stop.IsCancellationRequested; n++)
        {
            var answer = await at.TryProduceAsync(topic, 0, $"{stem}-{n}");
            if (answer.Status == 200)
            {
                stored.Add(new Placed(0, answer.Node["offsets"]![0]!["offset"]!.GetValue<long>(), $"{stem}-{n}"));
            }
            else
            {
                Assert.Equal((404, 40401), (answer.Status, answer.ErrorCode));
            }
        }
    }
}
