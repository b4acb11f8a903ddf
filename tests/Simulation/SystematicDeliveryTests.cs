using Serverless.Simulation.World;
using Xunit;

namespace Serverless.Simulation;

/// <summary>Short stories of a delivery in which every storage call of its worker meets every fault, alone and with some of the others.</summary>
public sealed class SystematicDeliveryTests(ITestOutputHelper output)
{
    // Nothing that 16 divides: each of the pairs of two faults has its turn.
    private const int PairsOf = 17;

    [Fact]
    public void Delivering_three_batches_with_a_dead_letter_between() => Sweep(TargetKind.Webhook);

    [Fact]
    public void Handling_three_batches_with_a_dead_letter_between() => Sweep(TargetKind.Handler);

    [Fact]
    public void Copying_three_batches() => Sweep(TargetKind.Topic);

    private void Sweep(TargetKind target)
    {
        SystematicTests.Sweep(
            output,
            before: async at => at.Delivery = await DeliveryStory.BeginAsync(at, target),
            at => at.Delivery!.DeliverAsync(),
            pairsOf: PairsOf);
    }
}
