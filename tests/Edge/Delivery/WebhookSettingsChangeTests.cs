using Serverless.Core.Delivery;
using Serverless.Core.Groups;
using Serverless.Edge.Fakes;
using Serverless.Functions.Delivery.Webhooks;
using Serverless.Functions.Http;
using Xunit;

namespace Serverless.Edge.Delivery;

public sealed class WebhookSettingsChangeTests
{
    [Fact]
    public async Task A_target_from_development_is_not_sent_to_without_TLS_in_production()
    {
        using var receiver = new HookReceiver();
        using var world = new HookWorld(allowPrivate: false, _ => [HookWorld.Public]);

        var outcome = await SendAsync(world, receiver.Url("hook.example.com"));

        Assert.Equal(new SendOutcome.Failed("target.url must be an https URL."), outcome);
        Assert.Equal(0, receiver.Connections);
    }

    [Fact]
    public async Task In_development_it_is()
    {
        using var receiver = new HookReceiver();
        using var world = new HookWorld();

        Assert.IsType<SendOutcome.Done>(await SendAsync(world, receiver.Url()));
    }

    private static async Task<SendOutcome> SendAsync(HookWorld world, Uri url) =>
        await new Webhooks(world.Client, world.Safety, new HttpLimits(), world.Clock)
            .Open(new DeliveryTarget.Webhook(url, WebhookBody.Records, RecordFormat.Json), HookWorld.Secret)
            .SendAsync(HookWorld.Batch("1"), TestContext.Current.CancellationToken);
}
