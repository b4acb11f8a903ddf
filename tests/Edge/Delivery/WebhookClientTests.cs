using System.Diagnostics;
using System.Net;
using Serverless.Core.Delivery;
using Serverless.Edge.Fakes;
using Xunit;

namespace Serverless.Edge.Delivery;

public sealed class WebhookClientTests
{
    private const string Refused = "The address of the target is not a public one.";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("169.254.169.254")]
    [InlineData("::1")]
    [InlineData("::ffff:127.0.0.1")]
    [InlineData("64:ff9b::7f00:1")]
    [InlineData("93.184.215.14,127.0.0.1")]
    [InlineData("127.0.0.1,93.184.215.14")]
    [InlineData("")]
    public async Task A_name_that_has_one_private_address_is_refused_before_a_connection_is_made(string addresses)
    {
        using var receiver = new HookReceiver();
        using var world = new HookWorld(allowPrivate: false, _ => Addresses(addresses));

        var outcome = await world.Target(receiver.Url("hook.example.com")).SendAsync(HookWorld.Batch("1"), Cancellation);

        Assert.Equal(new SendOutcome.Failed(Refused), outcome);
        Assert.Empty(world.Connected);
        Assert.Equal(0, receiver.Connections);
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("127.0.0.1.")]
    [InlineData("2130706433")]
    [InlineData("2130706433.")]
    [InlineData("[::1]")]
    [InlineData("[::ffff:127.0.0.1]")]
    public async Task So_is_an_address_in_the_URL_itself(string host)
    {
        using var receiver = new HookReceiver();
        using var world = new HookWorld(allowPrivate: false);

        var outcome = await world.Target(receiver.Url(host)).SendAsync(HookWorld.Batch("1"), Cancellation);

        Assert.Equal(new SendOutcome.Failed(Refused), outcome);
        Assert.Equal(0, receiver.Connections);
    }

    [Fact]
    public async Task A_name_that_turns_private_is_refused_by_its_next_connection()
    {
        using var receiver = new HookReceiver("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
        using var world = new HookWorld(allowPrivate: false, time => time == 1 ? [HookWorld.Public] : [IPAddress.Loopback]);
        var target = world.Target(receiver.Url("rebound.example.com"));

        var first = await target.SendAsync(HookWorld.Batch("1"), Cancellation);
        var second = await target.SendAsync(HookWorld.Batch("2"), Cancellation);

        Assert.IsType<SendOutcome.Done>(first);
        Assert.Equal(new SendOutcome.Failed(Refused), second);
        Assert.Equal([HookWorld.Public], world.Connected);
        Assert.Contains("\"value\":1", Assert.Single(receiver.Requests).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_connection_goes_to_the_addresses_that_were_checked_without_asking_for_the_name_again()
    {
        using var receiver = new HookReceiver();
        using var world = new HookWorld(allowPrivate: false, _ => [HookWorld.Public]);
        var target = world.Target(receiver.Url("hook.example.com"));

        await target.SendAsync(HookWorld.Batch("1"), Cancellation);
        await target.SendAsync(HookWorld.Batch("2"), Cancellation);

        Assert.Equal(["hook.example.com"], world.Resolved);
        Assert.Equal(1, receiver.Connections);
        Assert.Equal(2, receiver.Requests.Count);
        Assert.Equal($"hook.example.com:{receiver.Port}", receiver.Requests[0].Headers["host"]);
    }

    [Fact]
    public async Task Nothing_of_ours_goes_along_no_cookie_and_no_trace()
    {
        using var receiver = new HookReceiver("HTTP/1.1 200 OK\r\nSet-Cookie: a=b; Path=/\r\nContent-Length: 0\r\n\r\n");
        using var world = new HookWorld();
        using var activity = new Activity("inner").AddBaggage("tenant", "secret").Start();
        var target = world.Target(receiver.Url());

        await target.SendAsync(HookWorld.Batch("1"), Cancellation);
        await target.SendAsync(HookWorld.Batch("2"), Cancellation);

        Assert.All(receiver.Requests, request => Assert.DoesNotContain(
            request.Headers.Keys, name => name is "cookie" or "traceparent" or "tracestate" or "baggage" or "correlation-context" or "request-id"));
    }

    private static IPAddress[] Addresses(string text) =>
        [.. text.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(IPAddress.Parse)];
}
