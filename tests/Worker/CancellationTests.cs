using Serverless.Http.Shows;

namespace Serverless.Worker;

/// <summary>A client that does not wait any longer.</summary>
[Collection(typeof(SharedWorker))]
public sealed class CancellationTests(WorkerFixture worker)
{
    [Fact]
    public async Task A_client_that_hangs_up_in_a_long_poll_ends_the_invocation()
    {
        var topic = worker.NewName("topic");
        await worker.Client.CreateTopicAsync(topic, 1);
        var member = await Member.CreateAsync(worker.Client, worker.NewName("group"), "m");
        await member.SubscribeAsync(worker.Client, topic);
        await member.PollAsync(worker.Client, timeoutMs: 1);
        using var http = new HttpClient { BaseAddress = worker.Host.Address };
        using var hangUp = new CancellationTokenSource();
        var before = worker.Host.Invocations.Count;

        var polling = http.GetAsync($"{member.Path}/records?timeout=60000", hangUp.Token);
        await Eventually.IsSoAsync(() => worker.Host.Invocations.Count > before, () => "the poll did not begin");
        // Sooner would not fail, but might find it on its way.
        await Task.Delay(TimeSpan.FromSeconds(0.5));
        var invocation = worker.Host.Invocations.Last();
        var wasWaiting = !invocation.Response.IsCompleted;
        await hangUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => polling);
        var response = await invocation.Response.WaitAsync(TimeSpan.FromSeconds(20));

        Assert.True(wasWaiting);
        Assert.Equal("PollRecords", invocation.Function);
        Assert.Equal(Host.Rpc.StatusResult.Types.Status.Success, response.Result.Status);
    }
}
