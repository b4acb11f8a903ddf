using System.Net.Sockets;
using System.Text;
using Serverless.Core.Delivery;
using Serverless.Core.Groups;
using Serverless.Edge.Fakes;
using Xunit;

namespace Serverless.Edge.Delivery;

/// <summary>What is told of an attempt is stored, logged, shown and put into dead letters: so it tells nothing of what was sent.</summary>
public sealed class WebhookCanaryTests
{
    private const string Canary = "canary5417";

    [Theory]
    [InlineData("HTTP/1.1 500 {0}\r\nX-Echo: {0}\r\nContent-Length: 10\r\n\r\n{0}")]
    [InlineData("HTTP/1.1 410 {0}\r\nContent-Length: 10\r\n\r\n{0}")]
    [InlineData("HTTP/1.1 302 {0}\r\nLocation: https://{0}.example.com/{0}\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("HTTP/1.1 503 x\r\nRetry-After: {0}\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("{0} {0}\r\n\r\n")]
    [InlineData("HTTP/1.1 {0}\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\n{0}\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{0}\r\n")]
    public async Task No_reply_gets_into_an_error(string reply)
    {
        using var receiver = new HookReceiver(async (_, stream) =>
        {
            await stream.WriteAsync(Encoding.ASCII.GetBytes(reply.Replace("{0}", Canary, StringComparison.Ordinal)));
            return false;
        });
        using var world = new HookWorld();

        AssertSilent(await SendAsync(world, receiver.Url(path: $"/{Canary}"), $"\"{Canary}\""));
    }

    [Fact]
    public async Task Nor_does_the_record_that_is_not_JSON()
    {
        using var world = new HookWorld();

        AssertSilent(await SendAsync(world, new Uri($"http://{Canary}.example.com/"), $"{{{Canary}"));
    }

    [Fact]
    public async Task Nor_do_an_address_that_is_refused_and_a_name_that_is_not_there()
    {
        using var refusing = new HookWorld(allowPrivate: false);
        using var unknown = new HookWorld(resolve: _ => throw new SocketException((int)SocketError.HostNotFound, Canary));
        using var broken = new HookWorld(resolve: _ => throw new ArgumentException(Canary));

        foreach (var world in new[] { refusing, unknown, broken })
        {
            AssertSilent(await SendAsync(world, new Uri($"https://{Canary}.example.com/{Canary}"), "1"));
        }
    }

    [Fact]
    public void What_holds_a_secret_does_not_print_it()
    {
        var secret = Encoding.ASCII.GetBytes(Canary);
        var settings = new DeliverySettings(
            new Subscription(["orders"], null), new DeliveryTarget.Webhook(new Uri("https://example.com/"), WebhookBody.Records, RecordFormat.Json));

        Assert.DoesNotContain(Canary, new GroupDelivery("group", settings, "1", secret).ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(Canary, $"{new Functions.Http.Delivery.DeliveryRequest(settings, Canary, null, null)}", StringComparison.Ordinal);
        Assert.DoesNotContain(Canary, $"{new Functions.Http.Delivery.TargetField(settings.Target, Canary, null)}", StringComparison.Ordinal);
    }

    private static async Task<SendOutcome> SendAsync(HookWorld world, Uri url, string value) =>
        await world.Target(url).SendAsync(HookWorld.Batch(value), TestContext.Current.CancellationToken);

    private static void AssertSilent(SendOutcome outcome)
    {
        var error = outcome switch
        {
            SendOutcome.Failed failed => failed.Error,
            SendOutcome.Gone gone => gone.Error,
            _ => throw new InvalidOperationException("It is done."),
        };
        foreach (var word in new[] { Canary, "127.0.0.1", "example.com", Convert.ToBase64String(HookWorld.Secret) })
        {
            Assert.DoesNotContain(word, error, StringComparison.OrdinalIgnoreCase);
        }
    }
}
