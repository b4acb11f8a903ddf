using Serverless.Simulation.World;
using Xunit;

namespace Serverless.Simulation;

/// <summary>Random seeds of deliveries: every record comes to its target, in its order, under one key, whoever dies on the way.</summary>
public sealed class DeliverySeedTests
{
    [Fact]
    public void Every_record_comes_to_its_target_in_every_seed() =>
        SeedReport.Of(seed => DeliveryRun.Run(seed, Seeds.Bug), Seeds.CountOfDeliveries);
}
