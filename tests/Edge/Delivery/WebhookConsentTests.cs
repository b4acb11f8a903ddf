using System.Net;
using Serverless.Edge.Fakes;
using Serverless.Functions.Delivery.Webhooks;
using Xunit;

namespace Serverless.Edge.Delivery;

public sealed class WebhookConsentTests
{
    private const string NotAsked = "target.url could not be asked for its consent.";

    private const string Refused =
        "target.url does not consent: OPTIONS with WebHook-Request-Origin: app.example.com must be answered with WebHook-Allowed-Origin.";

    [Theory]
    [InlineData("200 OK", "*")]
    [InlineData("204 No Content", "app.example.com")]
    [InlineData("200 OK", "APP.example.com")]
    [InlineData("200 OK", "other.example.com\r\nWebHook-Allowed-Origin: app.example.com")]
    [InlineData("200 OK", "*\r\nWebHook-Allowed-Rate: 10")]
    public async Task A_target_consents_by_the_origin_or_to_all(string status, string allowed) =>
        Assert.Null(await ComplaintAsync($"HTTP/1.1 {status}\r\nWebHook-Allowed-Origin: {allowed}\r\n{Length(status)}\r\n"));

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nWebHook-Allowed-Origin: \r\nContent-Length: 0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nWebHook-Allowed-Origin: example.com\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nWebHook-Allowed-Origin: *.example.com\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nAccess-Control-Allow-Origin: *\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("HTTP/1.1 405 Method Not Allowed\r\nWebHook-Allowed-Origin: *\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("HTTP/1.1 500 x\r\nWebHook-Allowed-Origin: *\r\nContent-Length: 0\r\n\r\n")]
    public async Task Any_other_answer_is_none(string reply) => Assert.Equal(Refused, await ComplaintAsync(reply));

    [Fact]
    public async Task A_redirect_is_no_consent_and_is_not_followed()
    {
        using var elsewhere = new HookReceiver("HTTP/1.1 200 OK\r\nWebHook-Allowed-Origin: *\r\nContent-Length: 0\r\n\r\n");

        Assert.Equal(Refused, await ComplaintAsync($"HTTP/1.1 307 x\r\nLocation: {elsewhere.Url()}\r\nWebHook-Allowed-Origin: *\r\nContent-Length: 0\r\n\r\n"));
        Assert.Equal(0, elsewhere.Connections);
    }

    [Fact]
    public async Task It_is_asked_by_OPTIONS_without_a_body_or_a_secret()
    {
        using var receiver = new HookReceiver("HTTP/1.1 200 OK\r\nWebHook-Allowed-Origin: *\r\nContent-Length: 0\r\n\r\n");
        using var world = new HookWorld(allowPrivate: false, _ => [HookWorld.Public]);

        await AskAsync(world, receiver.Url("hook.example.com"));

        var request = Assert.Single(receiver.Requests);
        Assert.Equal(("OPTIONS", "/hook?a=b"), (request.Method, request.Path));
        Assert.Equal(["host", "webhook-request-origin"], request.Headers.Keys.Order());
        Assert.Equal("app.example.com", request.Headers["webhook-request-origin"]);
    }

    [Fact]
    public async Task In_development_nobody_is_asked()
    {
        using var receiver = new HookReceiver("HTTP/1.1 500 x\r\nContent-Length: 0\r\n\r\n");
        using var world = new HookWorld();

        Assert.Null(await AskAsync(world, receiver.Url()));
        Assert.Equal(0, receiver.Connections);
    }

    [Fact]
    public async Task A_private_address_is_not_asked_and_the_answer_does_not_tell_of_it()
    {
        using var receiver = new HookReceiver();
        using var world = new HookWorld(allowPrivate: false, _ => [IPAddress.Loopback]);

        Assert.Equal(NotAsked, await AskAsync(world, receiver.Url("hook.example.com")));
        Assert.Equal(0, receiver.Connections);
    }

    [Theory]
    [InlineData("")]
    [InlineData("nonsense\r\n\r\n")]
    public async Task A_target_that_hangs_up_does_not_consent(string reply) =>
        Assert.Equal(NotAsked, await ComplaintAsync(reply, close: true));

    [Fact]
    public async Task Nor_does_one_that_has_not_answered_in_ten_seconds()
    {
        using var world = new HookWorld(allowPrivate: false, _ => [HookWorld.Public]);
        using var receiver = new HookReceiver(async (_, _) =>
        {
            world.Clock.Advance(TimeSpan.FromSeconds(10));
            await Task.Delay(Timeout.Infinite, TestContext.Current.CancellationToken);
            return false;
        });

        Assert.Equal(NotAsked, await AskAsync(world, receiver.Url("hook.example.com")));
    }

    [Fact]
    public async Task When_who_asks_is_cancelled_there_is_no_answer()
    {
        using var stop = new CancellationTokenSource();
        using var world = new HookWorld(allowPrivate: false, _ => [HookWorld.Public]);
        using var receiver = new HookReceiver(async (_, _) =>
        {
            await stop.CancelAsync();
            return false;
        });

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
            await new WebhookConsent(world.Client, world.Safety, world.Clock).ComplaintAsync(receiver.Url("hook.example.com"), "a", stop.Token));
    }

    private static async Task<string?> ComplaintAsync(string reply, bool close = false)
    {
        using var world = new HookWorld(allowPrivate: false, _ => [HookWorld.Public]);
        using var receiver = new HookReceiver(async (_, stream) =>
        {
            await stream.WriteAsync(System.Text.Encoding.ASCII.GetBytes(reply));
            return !close;
        });
        return await AskAsync(world, receiver.Url("hook.example.com"));
    }

    private static async Task<string?> AskAsync(HookWorld world, Uri url) =>
        await new WebhookConsent(world.Client, world.Safety, world.Clock).ComplaintAsync(
            url, "app.example.com", TestContext.Current.CancellationToken);

    private static string Length(string status) => status.StartsWith("204", StringComparison.Ordinal) ? "" : "Content-Length: 0\r\n";
}
