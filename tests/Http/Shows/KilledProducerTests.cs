using System.Collections.Concurrent;

namespace Serverless.Http.Shows;

[Collection(Show.Name)]
public sealed class KilledProducerTests(AzuriteFixture azurite)
{
    private const int Rounds = 3, Lanes = 4, AnswersBeforeKill = 20;

    [Fact]
    public async Task Records_of_requests_that_a_kill_cut_short_are_there_once_or_not_at_all()
    {
        var storage = await azurite.ConnectionStringAsync();
        await using var other = await ShowHost.OnAsync(storage);
        var topic = Show.NewName("orders");
        await other.Client.CreateTopicAsync(topic, 1);
        var stored = new ConcurrentBag<Placed>();
        var unknown = new ConcurrentBag<string>();

        for (var round = 0; round < Rounds; round++)
        {
            await using var victim = await ShowHost.OnAsync(storage);
            var stem = $"r{round}";
            var before = stored.Count;
            var lanes = Enumerable.Range(0, Lanes)
                .Select(lane => ProduceUntilCutAsync(victim.Client, topic, $"{stem}-{lane}", stored, unknown)).ToList();
            await Eventually.IsSoAsync(
                () => stored.Count >= before + AnswersBeforeKill || lanes.Exists(lane => lane.IsFaulted),
                () => $"{stored.Count - before} requests were answered");
            await victim.Process.KillAsync();
            await Task.WhenAll(lanes);

            // The survivor reads on from where it was, and appends right behind.
            var log = await other.Client.ReadAllAsync(topic, 0);
            var next = Assert.Single(await other.Client.ProduceAsync(topic, 0, $"{stem}-after"));
            stored.Add(next);
            Assert.Equal(log.Count, next.Offset);
        }

        var all = await other.Client.ReadAllAsync(topic, 0);
        Assert.Equal(Enumerable.Range(0, all.Count).Select(offset => (long)offset), all.Select(record => record.Offset));
        Assert.Distinct(all.Select(record => record.Value));
        Assert.Empty(stored.Except(all));
        Assert.Equal(Rounds * Lanes, unknown.Count);
        Assert.Subset(unknown.ToHashSet(), all.Except(stored).Select(record => record.Value).ToHashSet());
    }

    private static async Task ProduceUntilCutAsync(
        LogClient at, string topic, string stem, ConcurrentBag<Placed> stored, ConcurrentBag<string> unknown)
    {
        for (var n = 0; ; n++)
        {
            var value = $"{stem}-{n}";
            try
            {
                stored.Add(Assert.Single(await at.ProduceAsync(topic, 0, value)));
            }
            catch (HttpRequestException)
            {
                unknown.Add(value);
                return;
            }
        }
    }
}
