using System.Diagnostics;
using Microsoft.Extensions.Time.Testing;
using Serverless.Core.Storage;
using Serverless.Core.Storage.Memory;
using Serverless.Edge.Fakes;
using Serverless.Functions.Delivery;
using Xunit;

namespace Serverless.Edge.Delivery;

public sealed class WorkerSignatureTests
{
    private static readonly byte[] Body = "{\"group\":\"g\"}"u8.ToArray();

    private readonly FakeTimeProvider _clock = new(DateTimeOffset.FromUnixTimeSeconds(1_700_000_000));
    private readonly MemoryRowStore _rows;

    public WorkerSignatureTests() => _rows = new(_clock);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_the_app_has_signed_is_its_own_in_every_process()
    {
        var signed = await Process().SignAsync(Body, Cancellation);

        Assert.True(await Process().IsOursAsync(signed, Body, Cancellation));
    }

    [Fact]
    public async Task The_call_that_starts_a_worker_is_signed_and_carries_nothing_of_the_request_that_it_comes_of()
    {
        using var receiver = new HookReceiver();
        var self = new SelfAddress();
        self.Tell(receiver.Url(path: "/"));
        using var caller = new WorkerCaller(self, Process(), () => throw new InvalidOperationException("It is not run here."), _clock);
        using var request = new Activity("produce").AddBaggage("tenant", "one").Start();
        request.TraceStateString = "vendor=1";

        await caller.StartAsync("g", "__delivery-1", Cancellation);

        var call = Assert.Single(receiver.Requests);
        Assert.Equal(
            ["content-length", "content-type", "delivery-signature", "host"], call.Headers.Keys.Order(StringComparer.Ordinal));
        Assert.True(await Process().IsOursAsync(call.Headers["delivery-signature"], call.Body, Cancellation));
        Assert.Same(request, Activity.Current);
    }

    [Theory]
    [InlineData(600, true)]
    [InlineData(-600, true)]
    [InlineData(601, false)]
    [InlineData(-601, false)]
    public async Task For_ten_minutes_and_no_longer_by_whichever_clock(int seconds, bool isOurs)
    {
        var signed = await Process().SignAsync(Body, Cancellation);
        var later = new FakeTimeProvider(_clock.GetUtcNow().AddSeconds(seconds));

        Assert.Equal(isOurs, await new WorkerSignature(_rows, later).IsOursAsync(signed, Body, Cancellation));
    }

    [Fact]
    public async Task Another_body_another_time_and_another_secret_are_not()
    {
        var process = Process();
        var signed = await process.SignAsync(Body, Cancellation);
        var parts = signed.Split(',');
        var foreign = await new WorkerSignature(new MemoryRowStore(_clock), _clock).SignAsync(Body, Cancellation);

        Assert.False(await process.IsOursAsync(signed, "{\"group\":\"h\"}"u8.ToArray(), Cancellation));
        Assert.False(await process.IsOursAsync(signed, default, Cancellation));
        Assert.False(await process.IsOursAsync($"v1,1700000001,{parts[2]}", Body, Cancellation));
        Assert.False(await process.IsOursAsync(foreign, Body, Cancellation));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("v1")]
    [InlineData("v1,,")]
    [InlineData("v1,1700000000,")]
    [InlineData("v1,1700000000,AAAA")]
    [InlineData("v1,1700000000,!!!!")]
    [InlineData("v1,-1700000000,AAAA")]
    [InlineData("v1,9223372036854775807,AAAA")]
    [InlineData("v1,99999999999999999999,AAAA")]
    [InlineData("v2,1700000000,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")]
    [InlineData("v1,1700000000,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")]
    [InlineData("v1,1700000000,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=,x")]
    [InlineData("v1,1700000000,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public async Task Nor_is_what_nobody_signed(string? header) => Assert.False(await Process().IsOursAsync(header, Body, Cancellation));

    [Fact]
    public async Task Processes_whose_inserts_race_come_to_one_secret()
    {
        // The first one's insert finds that the second was there since it looked.
        string? second = null;
        var rows = new BeforeSubmit(_rows, async () => second ??= await Process().SignAsync(Body, Cancellation));

        var first = new WorkerSignature(rows, _clock);
        var signed = await first.SignAsync(Body, Cancellation);

        Assert.Equal(second, signed);
        Assert.True(await first.IsOursAsync(second, Body, Cancellation));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_lost_reply_and_a_lost_request_come_to_one_secret_too(bool lostOnItsWay)
    {
        var stores = new FailingStores(new MemoryBlobStore(_clock), _rows)
        {
            LosesSubmit = number => lostOnItsWay && number == 1,
            AfterSubmit = (number, result) => number == 1 ? FailingStores.Lost : result,
        };

        var signed = await new WorkerSignature(stores, _clock).SignAsync(Body, Cancellation);

        Assert.True(await Process().IsOursAsync(signed, Body, Cancellation));
    }

    [Theory]
    [InlineData(4)]
    [InlineData(3)]
    public async Task The_last_insert_that_is_tried_is_looked_for_as_well(int submits)
    {
        var stores = new FailingStores(new MemoryBlobStore(_clock), _rows) { LosesSubmit = number => number < submits };

        var signed = await new WorkerSignature(stores, _clock).SignAsync(Body, Cancellation);

        Assert.True(await Process().IsOursAsync(signed, Body, Cancellation));
    }

    [Fact]
    public async Task Where_it_cannot_be_written_it_is_a_failure_of_storage()
    {
        var stores = new FailingStores(new MemoryBlobStore(_clock), _rows) { LosesSubmit = _ => true };

        var failure = await Assert.ThrowsAsync<StorageException>(async () => await new WorkerSignature(stores, _clock).SignAsync(Body, Cancellation));

        Assert.True(failure.Retriable);
    }

    private WorkerSignature Process() => new(_rows, _clock);

    private sealed class BeforeSubmit(IRowStore rows, Func<Task> before) : IRowStore
    {
        public ValueTask<RowRead> GetAsync(string table, RowKey key, CancellationToken cancellationToken) => rows.GetAsync(table, key, cancellationToken);

        public ValueTask<RowPage> QueryAsync(string table, RowQuery query, CancellationToken cancellationToken) =>
            rows.QueryAsync(table, query, cancellationToken);

        public async ValueTask<SubmitResult> SubmitAsync(
            string table, string partition, IReadOnlyList<RowAction> actions, CancellationToken cancellationToken)
        {
            await before();
            return await rows.SubmitAsync(table, partition, actions, cancellationToken);
        }
    }
}
