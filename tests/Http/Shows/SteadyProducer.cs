namespace Serverless.Http.Shows;

/// <summary>Gives each partition of a topic one record after another until it is stopped.</summary>
internal sealed class SteadyProducer : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _task;
    private readonly int[] _sent;

    public SteadyProducer(LogClient at, string topic, int partitions)
    {
        _sent = new int[partitions];
        _task = ProduceAsync(at, topic);
    }

    /// <summary>Records by partition, as stored so far.</summary>
    public IReadOnlyList<int> Sent => _sent;

    /// <summary>Waits until every partition got some more.</summary>
    public async Task MoreAsync(int records)
    {
        var before = _sent.ToArray();
        await Eventually.IsSoAsync(
            () => _task.IsFaulted || before.Zip(_sent, (then, now) => now >= then + records).All(enough => enough),
            () => $"sent: {string.Join(' ', _sent)}");
        Assert.False(_task.IsFaulted, _task.Exception?.ToString());
    }

    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _task;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Record.ExceptionAsync(() => _task);
        _stop.Dispose();
    }

    private async Task ProduceAsync(LogClient at, string topic)
    {
        while (!_stop.IsCancellationRequested)
        {
            await Task.WhenAll(Enumerable.Range(0, _sent.Length).Select(async partition =>
            {
                var placed = Assert.Single(await at.ProduceAsync(topic, partition, $"{partition}-{_sent[partition]}"));
                Assert.Equal(_sent[partition]++, placed.Offset);
            }));

            // The machine is the members' as well.
            await Task.Delay(100);
        }
    }
}
