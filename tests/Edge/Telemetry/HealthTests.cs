using Microsoft.Extensions.DependencyInjection;
using Serverless.Core.Storage;
using Serverless.Core.Storage.Memory;
using Serverless.Edge.Fakes;
using Serverless.Functions.Health;
using Xunit;

namespace Serverless.Edge.Telemetry;

/// <summary>The health probes.</summary>
public sealed class HealthTests
{
    private readonly StorageMeter _meter = new();
    private readonly FailingStores _stores;
    private readonly EdgeHost _host;

    public HealthTests()
    {
        var clock = TimeProvider.System;
        _stores = new FailingStores(
            new CountingBlobStore(new MemoryBlobStore(clock), _meter), new CountingRowStore(new MemoryRowStore(clock), _meter));
        _host = new EdgeHost(rows: _stores, configure: services => services.AddSingleton<IBlobStore>(_stores));
    }

    [Fact]
    public async Task A_process_that_answers_is_live_though_storage_is_gone()
    {
        _stores.IsDead = true;

        var live = await _host.GetAsync("/health/live");

        Assert.Equal((200, "application/json", """{"status":"live"}"""), (live.Status, live.ContentType, live.Body));
        Assert.Equal((200, ""), ((await _host.GetAsync("/healthy")).Status, (await _host.GetAsync("/healthy")).Body));
    }

    [Fact]
    public async Task It_is_ready_when_storage_answers()
    {
        var ready = await _host.GetAsync("/health/ready");

        Assert.Equal((200, "application/json", """{"status":"ready"}"""), (ready.Status, ready.ContentType, ready.Body));
        Assert.Equal("", (await _host.GetAsync("/ready")).Body);
        Assert.Equal((200, ""), ((await _host.SendAsync("HEAD", "/health/ready", null)).Status, (await _host.SendAsync("HEAD", "/health/ready", null)).Body));
    }

    [Theory]
    [InlineData("/health/ready")]
    [InlineData("/ready")]
    public async Task It_says_what_is_missing(string path)
    {
        _stores.IsDead = true;

        var answer = await _host.GetAsync(path);

        Assert.Equal((503, 50350), answer.Error);
        Assert.Equal("The storage account's tables and blobs cannot be reached.", answer.Json.GetProperty("message").GetString());
        Assert.Equal("5", answer.Headers.RetryAfter.ToString());
    }

    [Fact]
    public async Task However_often_it_is_asked_storage_is_asked_twice_in_five_seconds()
    {
        await Task.WhenAll(Enumerable.Range(0, 50).Select(n => _host.GetAsync(n % 2 == 0 ? "/health/ready" : "/ready")));
        Assert.Equal((1, 1, 2), (_meter.Read().Gets, _meter.Read().Reads, _meter.Read().Total));

        _host.Clock.Advance(StorageHealth.AgeMax - TimeSpan.FromMilliseconds(1));
        await _host.GetAsync("/health/ready");
        Assert.Equal(2, _meter.Read().Total);

        _host.Clock.Advance(TimeSpan.FromMilliseconds(1));
        await _host.GetAsync("/health/ready");
        Assert.Equal(4, _meter.Read().Total);
    }

    [Fact]
    public async Task It_is_ready_again_soon_after_storage_is_back()
    {
        _stores.IsDead = true;
        Assert.Equal(503, (await _host.GetAsync("/health/ready")).Status);
        _stores.IsDead = false;
        Assert.Equal(503, (await _host.GetAsync("/health/ready")).Status);

        _host.Clock.Advance(StorageHealth.AgeMax);

        Assert.Equal(200, (await _host.GetAsync("/health/ready")).Status);
    }

    [Fact]
    public async Task Storage_that_does_not_answer_is_not_waited_for()
    {
        var asked = new TaskCompletionSource();
        var host = new EdgeHost(configure: services => services.AddSingleton<IBlobStore>(new SilentBlobs(asked)));

        var asking = host.GetAsync("/health/ready");
        await asked.Task;
        host.Clock.Advance(TimeSpan.FromSeconds(4));

        Assert.Equal("The storage account's blobs cannot be reached.", (await asking).Json.GetProperty("message").GetString());
    }

    private sealed class SilentBlobs(TaskCompletionSource asked) : IBlobStore
    {
        public async ValueTask<BlobRead> ReadAsync(string name, long position, int bytesMax, CancellationToken cancellationToken)
        {
            asked.SetResult();
            await Task.Delay(Timeout.Infinite, cancellationToken);
            throw new InvalidOperationException("It is never answered.");
        }

        public ValueTask<CreateOutcome> CreateAsync(string name, CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask<AppendResult> AppendAsync(
            string name, long position, ReadOnlyMemory<byte> block, CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask<BlobPage> ListAsync(string prefix, string? continuation, int take, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public ValueTask<DeleteOutcome> DeleteAsync(string name, string etag, CancellationToken cancellationToken) =>
            throw new NotSupportedException();
    }
}
