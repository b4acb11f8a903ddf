using Serverless.Http.Shows;

namespace Serverless.Worker;

/// <summary>The service through the real worker, from a topic's creation to a group's offsets.</summary>
[Collection(typeof(SharedWorker))]
public sealed class StoryTests(WorkerFixture worker)
{
    [Fact]
    public async Task What_is_produced_is_polled_and_committed()
    {
        var (topic, group) = (worker.NewName("topic"), worker.NewName("group"));
        await worker.Client.CreateTopicAsync(topic, partitions: 2);
        await worker.Client.ProduceAsync(topic, 0, "a", "b");
        await worker.Client.ProduceAsync(topic, 1, "c");
        var member = await Member.CreateAsync(worker.Client, group, "m");
        await member.SubscribeAsync(worker.Client, topic);

        var records = await member.PollAsync(worker.Client, count: 3, timeoutMs: 1000);
        await member.CommitAsync(worker.Client);

        Assert.Equal([new(0, 0, "a"), new(0, 1, "b"), new Placed(1, 0, "c")], records.OrderBy(record => record.Partition));
        Assert.Equal([(0, 2L), (1, 1L)], from pair in await member.CommittedAsync(worker.Client, topic, 2)
                                         orderby pair.Key
                                         select (pair.Key, pair.Value));
    }

    [Fact]
    public async Task Requests_at_once_get_each_its_own_reply()
    {
        string[] topics = [.. Enumerable.Range(0, 12).Select(_ => worker.NewName("topic"))];
        await Task.WhenAll(topics.Select(topic => worker.Client.CreateTopicAsync(topic, 1)));

        var read = await Task.WhenAll(topics.Select(async topic =>
        {
            await worker.Client.ProduceAsync(topic, 0, topic);
            return Assert.Single(await worker.Client.ReadAllAsync(topic, 0)).Value;
        }));

        Assert.Equal(topics, read);
    }
}
