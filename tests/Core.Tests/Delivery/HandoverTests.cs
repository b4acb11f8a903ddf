using Serverless.Core.Delivery;
using Serverless.Core.Storage;
using Xunit;

namespace Serverless.Core.Tests.Delivery;

/// <summary>Partitions come to workers and go from them, and none stands still for it.</summary>
public sealed class HandoverTests
{
    private readonly DeliveryWorld _world = new() { Options = new() { IdleMax = TimeSpan.FromMinutes(1) } };

    [Fact]
    public void A_partition_that_goes_to_another_worker_is_not_held_by_a_range_that_nobody_sends() => _world.Run(async () =>
    {
        await _world.PutAsync(DeliveryWorld.Webhook with { RecordsMax = 1 });
        await _world.Log.FillAsync(0, 1);
        await _world.Log.FillAsync(1, 1);
        var (last, gap) = (new TimeSpan[2], TimeSpan.Zero);
        Task<WorkEnd>? second = null;
        _world.Answer = async batch =>
        {
            var (partition, now) = (batch.At.Partition, _world.Clock.Elapsed);
            gap = now - last[partition] > gap ? now - last[partition] : gap;
            last[partition] = now;
            if (now < TimeSpan.FromSeconds(50))
            {
                // There is always more.
                await _world.Log.FillAsync(partition, 1);
            }

            await Task.Delay(TimeSpan.FromSeconds(1), _world.Clock);
            second ??= _world.WorkAsync(_world.Log.Second, "__delivery-2");
            return new SendOutcome.Done();
        };

        await _world.WorkAsync();
        await second!;

        Assert.InRange(gap, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(10));
    });

    [Fact]
    public void A_worker_whose_subscription_failed_subscribes_when_storage_is_back() => _world.Run(async () =>
    {
        await _world.PutAsync(DeliveryWorld.Webhook);
        await _world.Log.FillAsync(0, 1);
        var by = _world.Log.Start();
        var calls = 0;
        by.Stores.Before = async () =>
        {
            // The instance is made, and then nothing works for a while.
            var made = (await _world.Log.Start().Groups.FindInstanceAsync(DeliveryWorld.Group, "__delivery-1", true, default)) is not null;
            if (made && calls++ < 3)
            {
                throw new StorageException("The test lets nobody reach it.", retriable: true);
            }
        };

        await _world.WorkAsync(by);

        Assert.Equal(["0-0"], _world.SentTo(0));
    });
}
