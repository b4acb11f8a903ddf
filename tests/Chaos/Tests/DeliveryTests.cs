using Serverless.Chaos.World;

namespace Serverless.Chaos.Tests;

public sealed class DeliveryTests
{
    private static readonly TimeProvider Clock = TimeProvider.System;

    [Fact]
    public async Task Every_record_has_its_effect_once_and_in_order_while_hosts_and_the_receiver_are_killed()
    {
        var settings = CopySettings.FromEnvironment(Clock);

        var result = await new DeliveryRun(settings, Clock).RunAsync();

        Console.WriteLine($"> Delivery (COPY_RECORDS={settings.Records}, CHAOS_SEED={settings.Seed}): {result}");
        Assert.Empty(result.Lost);
        Assert.Empty(result.Doubled);
        Assert.Empty(result.OutOfOrder);
        Assert.True(result.HostKills > 0 && result.ReceiverKills > 0, $"Nobody was killed: {result}");
    }
}
