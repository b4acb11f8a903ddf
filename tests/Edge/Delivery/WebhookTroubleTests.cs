using System.Net.Sockets;
using System.Text;
using Serverless.Core.Delivery;
using Serverless.Edge.Fakes;
using Xunit;

namespace Serverless.Edge.Delivery;

public sealed class WebhookTroubleTests : IDisposable
{
    private static readonly SendOutcome TooLate = new SendOutcome.Failed("The target did not answer in time.");

    private readonly HookWorld _world = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _world.Dispose();

    [Fact]
    public async Task Of_a_long_reply_no_more_than_64_KiB_are_read()
    {
        var written = 0L;
        using var receiver = new HookReceiver(async (_, stream) =>
        {
            await stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\n"u8.ToArray());
            while (true)
            {
                await stream.WriteAsync(new byte[16 * 1024]);
                written += 16 * 1024;
            }
        });

        Assert.IsType<SendOutcome.Done>(await _world.Target(receiver.Url()).SendAsync(HookWorld.Batch("1"), Cancellation));
        Assert.InRange(written, 0, 32 * 1024 * 1024);
    }

    [Fact]
    public async Task Headers_without_end_are_a_failure()
    {
        var headers = string.Concat(Enumerable.Range(0, 1000).Select(n => $"X-{n}: {new string('a', 100)}\r\n"));

        using var receiver = new HookReceiver($"HTTP/1.1 200 OK\r\n{headers}Content-Length: 0\r\n\r\n");

        var outcome = await _world.Target(receiver.Url()).SendAsync(HookWorld.Batch("1"), Cancellation);

        Assert.Equal(new SendOutcome.Failed("The target could not be reached: ConfigurationLimitExceeded."), outcome);
    }

    [Theory]
    [InlineData("")]
    [InlineData("HTTP/1.1 200 OK\r\nConte")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nbegun")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nbegun\r\n")]
    public async Task A_reply_that_has_not_come_to_its_end_in_time_is_a_failure(string begun)
    {
        using var receiver = new HookReceiver(async (_, stream) =>
        {
            await stream.WriteAsync(Encoding.ASCII.GetBytes(begun));
            _world.Clock.Advance(TimeSpan.FromSeconds(20));
            await Task.Delay(Timeout.Infinite, Cancellation);
            return false;
        });

        Assert.Equal(TooLate, await _world.Target(receiver.Url()).SendAsync(HookWorld.Batch("1"), Cancellation));
    }

    [Theory]
    [InlineData("", "ResponseEnded")]
    [InlineData("HTTP/1.1 200 OK\r\nConte", "ResponseEnded")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nbegun", "ResponseEnded")]
    [InlineData("nonsense\r\n\r\n", "InvalidResponse")]
    [InlineData("SSH-2.0-OpenSSH_9.6\r\n", "InvalidResponse")]
    public async Task A_connection_that_ends_in_the_middle_is_a_failure(string begun, string kind)
    {
        using var receiver = new HookReceiver(async (_, stream) =>
        {
            await stream.WriteAsync(Encoding.ASCII.GetBytes(begun));
            return false;
        });

        Assert.Equal(
            new SendOutcome.Failed($"The target could not be reached: {kind}."),
            await _world.Target(receiver.Url()).SendAsync(HookWorld.Batch("1"), Cancellation));
    }

    [Theory]
    [InlineData("")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nbegun")]
    public async Task So_is_one_that_is_reset(string begun)
    {
        using var receiver = new HookReceiver(async (_, stream) =>
        {
            await stream.WriteAsync(Encoding.ASCII.GetBytes(begun));
            stream.Socket.LingerState = new LingerOption(true, 0);
            return false;
        });

        var failed = Assert.IsType<SendOutcome.Failed>(await _world.Target(receiver.Url()).SendAsync(HookWorld.Batch("1"), Cancellation));

        Assert.StartsWith("The target could not be reached: ", failed.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("127.0.0.1", failed.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_target_that_is_not_there_is_a_failure_whose_error_has_no_address()
    {
        var receiver = new HookReceiver();
        receiver.Dispose();

        var outcome = await _world.Target(receiver.Url()).SendAsync(HookWorld.Batch("1"), Cancellation);

        Assert.Equal(new SendOutcome.Failed("The target could not be reached: ConnectionError."), outcome);
    }

    [Fact]
    public async Task A_name_that_nobody_knows_is_a_failure()
    {
        using var world = new HookWorld(resolve: _ => throw new SocketException((int)SocketError.HostNotFound));

        var outcome = await world.Target(new Uri("https://hook.example.com/")).SendAsync(HookWorld.Batch("1"), Cancellation);

        Assert.StartsWith("The target could not be reached: ", Assert.IsType<SendOutcome.Failed>(outcome).Error, StringComparison.Ordinal);
        Assert.DoesNotContain("example", ((SendOutcome.Failed)outcome).Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nbegun")]
    public async Task When_who_sends_is_cancelled_nobody_knows_what_became_of_it(string begun)
    {
        using var stop = new CancellationTokenSource();
        using var receiver = new HookReceiver(async (_, stream) =>
        {
            await stream.WriteAsync(Encoding.ASCII.GetBytes(begun));
            await stop.CancelAsync();
            await Task.Delay(Timeout.Infinite, Cancellation);
            return false;
        });

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await _world.Target(receiver.Url()).SendAsync(HookWorld.Batch("1"), stop.Token));
    }
}
