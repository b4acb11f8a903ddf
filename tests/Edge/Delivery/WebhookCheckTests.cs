using Serverless.Core;
using Serverless.Core.Delivery;
using Serverless.Core.Groups;
using Serverless.Core.Storage.Memory;
using Serverless.Edge.Fakes;
using Serverless.Functions.Delivery;
using Serverless.Functions.Delivery.Webhooks;
using Serverless.Functions.Http;
using Serverless.Functions.Http.Delivery;
using Xunit;

namespace Serverless.Edge.Delivery;

public sealed class WebhookCheckTests : IDisposable
{
    private const string Secret = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz";

    private readonly HookWorld _world = new(allowPrivate: false, _ => [HookWorld.Public]);

    public void Dispose() => _world.Dispose();

    [Theory]
    [InlineData("https://api.example.com/hook")]
    [InlineData("https://API.example.com.:8443/hook")]
    public async Task The_domain_by_which_this_service_was_reached_is_refused(string url)
    {
        var refused = await Assert.ThrowsAsync<RequestException>(async () => await CheckAsync(_world, url, Secret, host: "API.example.com"));

        Assert.Equal(422, refused.Problem.Status);
        Assert.Contains("must not be this service", refused.Message, StringComparison.Ordinal);
        Assert.Empty(_world.Resolved);
    }

    [Fact]
    public async Task Nobody_is_asked_for_consent_before_the_address_and_the_secret_are_fine()
    {
        using var development = new HookWorld();

        await Assert.ThrowsAsync<RequestException>(async () => await CheckAsync(_world, "https://hook.example.com/", "whsec_short"));
        await Assert.ThrowsAsync<RequestException>(async () => await CheckAsync(_world, "https://hook.example.com:22/", Secret));
        await Assert.ThrowsAsync<RequestException>(async () => await CheckAsync(development, "file:///etc/passwd", Secret));

        Assert.Empty(_world.Resolved);
    }

    [Fact]
    public async Task A_secret_that_was_sent_is_its_bytes_and_one_that_was_not_is_none()
    {
        using var development = new HookWorld();

        Assert.Equal("012345678901234567890123"u8.ToArray(), (await CheckAsync(development, "http://127.0.0.1:8080/", Secret))!.Value.ToArray());
        Assert.Null(await CheckAsync(development, "http://127.0.0.1:8080/", null));
    }

    [Theory]
    [InlineData("https://hook.example.com:22/canary")]
    [InlineData("https://user:canary@hook.example.com/")]
    [InlineData("https://hook.example.com/#canary")]
    [InlineData("https://169.254.169.254/canary")]
    [InlineData("https://hook.example.com:1/canary")]
    [InlineData("canary://hook.example.com/")]
    public async Task A_refusal_repeats_neither_the_secret_nor_the_address(string url)
    {
        var refused = await Assert.ThrowsAsync<RequestException>(async () => await CheckAsync(_world, url, "whsec_canary"));

        Assert.DoesNotContain("canary", refused.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nor_does_one_of_the_secret_alone()
    {
        var refused = await Assert.ThrowsAsync<RequestException>(async () => await CheckAsync(_world, "https://hook.example.com/", "whsec_canary"));

        Assert.Equal(WebhookSecret.Complaint, refused.Message);
    }

    private static async Task<ReadOnlyMemory<byte>?> CheckAsync(HookWorld world, string url, string? secret, string host = "app.example.com")
    {
#pragma warning disable RS0030 // A fixed seed.
        var random = new Random(1);
#pragma warning restore RS0030
        var deliveries = new Deliveries(new MemoryRowStore(world.Clock), new RandomIdSource(random), world.Clock, random);
        var check = new WebhookCheck(deliveries, world.Safety, new WebhookConsent(world.Client, world.Safety, world.Clock), new SelfAddress());
        var target = new DeliveryTarget.Webhook(new Uri(url), WebhookBody.Records, RecordFormat.Json);
        var asked = new DeliveryRequest(new DeliverySettings(new Subscription(["orders"], null), target), secret, url, null);
        return await check.SecretAsync("group", asked, host, TestContext.Current.CancellationToken);
    }
}
