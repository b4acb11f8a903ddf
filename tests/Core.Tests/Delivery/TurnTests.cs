using Serverless.Core.Delivery;
using Xunit;

namespace Serverless.Core.Tests.Delivery;

/// <summary>How many partitions a worker moves at once, and that each has its turn.</summary>
public sealed class TurnTests
{
    private readonly DeliveryWorld _world = new() { Options = new DeliveryOptions { PartitionsAtOnceMax = 1 } };

    [Fact]
    public void No_more_partitions_are_sent_at_once_than_are_allowed_and_all_records_come_in_order() => _world.Run(async () =>
    {
        await _world.PutAsync(DeliveryWorld.Webhook with { RecordsMax = 1 });
        await _world.Log.FillAsync(0, 5);
        await _world.Log.FillAsync(1, 5);
        var (now, most) = (0, 0);
        _world.Answer = async _ =>
        {
            most = Math.Max(most, ++now);
            await Task.Delay(TimeSpan.FromSeconds(1), _world.Clock);
            now--;
            return new SendOutcome.Done();
        };

        Assert.Equal(WorkEnd.Idle, await _world.WorkAsync());

        Assert.Equal(1, most);
        Assert.Equal(["0-0", "0-1", "0-2", "0-3", "0-4"], _world.SentTo(0));
        Assert.Equal(["1-0", "1-1", "1-2", "1-3", "1-4"], _world.SentTo(1));
        Assert.Equal((5, 5), (await _world.CommittedAsync(0), await _world.CommittedAsync(1)));
    });

    [Fact]
    public void Two_partitions_with_much_to_do_take_turns() => _world.Run(async () =>
    {
        await _world.PutAsync(DeliveryWorld.Webhook with { RecordsMax = 1 });
        await _world.Log.FillAsync(0, 10);
        await _world.Log.FillAsync(1, 10);
        _world.Answer = async _ =>
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), _world.Clock);
            return new SendOutcome.Done();
        };

        await _world.WorkAsync();

        // From the first batch of the second on, they alternate for as long as both have records.
        var turns = _world.Sent.Select(batch => batch.At.Partition).ToList();
        var second = turns.FindIndex(partition => partition != turns[0]);
        var both = turns[second..(second + 10)];
        Assert.All(both.Zip(both.Skip(1)), pair => Assert.NotEqual(pair.First, pair.Second));
        Assert.InRange(second, 1, 3);
    });

    [Fact]
    public void A_partition_that_waits_to_try_again_keeps_no_other_from_its_turn() => _world.Run(async () =>
    {
        await _world.PutAsync(DeliveryWorld.Webhook with { RecordsMax = 1 });
        await _world.Log.FillAsync(0, 1);
        await _world.Log.FillAsync(1, 3);
        var failures = 0;
        _world.Answer = batch => new(batch.At.Partition == 0 && ++failures <= 3
            ? new SendOutcome.Failed("no", TimeSpan.FromMinutes(2))
            : new SendOutcome.Done());

        await _world.WorkAsync();

        Assert.Equal(3, await _world.CommittedAsync(1));
        Assert.Equal(["1-0", "1-1", "1-2"], _world.SentTo(1));
    });

    [Fact]
    public void A_worker_that_is_told_to_end_while_partitions_wait_for_their_turn_ends() => _world.Run(async () =>
    {
        await _world.PutAsync(DeliveryWorld.Webhook with { RecordsMax = 1 });
        await _world.Log.FillAsync(0, 3);
        await _world.Log.FillAsync(1, 3);
        using var over = new CancellationTokenSource();
        _world.Answer = async _ =>
        {
            over.Cancel();
            await Task.Delay(TimeSpan.FromSeconds(1), _world.Clock);
            return new SendOutcome.Done();
        };

        Assert.Equal(WorkEnd.TimeIsOver, await _world.WorkAsync(over: over.Token));

        Assert.Single(_world.Sent);
    });
}
