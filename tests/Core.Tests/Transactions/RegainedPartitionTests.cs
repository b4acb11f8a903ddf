using Serverless.Core.Groups;
using Serverless.Core.Tests.Groups;
using Xunit;
using static Serverless.Core.Tests.Transactions.TransactionWorld;

namespace Serverless.Core.Tests.Transactions;

/// <summary>A consumer that lost a partition and has it again without having noticed.</summary>
public sealed class RegainedPartitionTests
{
    private readonly TransactionWorld _world = new();

    private static ConsumerSettings Settings { get; } = ExactlyOnce with
    {
        SessionTimeout = TimeSpan.FromMinutes(1),
        InstanceTimeout = TimeSpan.FromMinutes(15),
    };

    [Fact]
    public async Task What_was_delivered_before_the_partition_was_away_is_no_longer_its_own()
    {
        await _world.FillAsync(0, 4);
        await JoinAsync(_world.First, "c1", Settings);
        Assert.Equal(4, GroupWorld.Values(await PollAsync(_world.First, "c1")).Count);

        // Its session is over; another copies half of it, and goes.
        _world.Clock.Advance(Settings.SessionTimeout + TimeSpan.FromSeconds(2));
        await JoinAsync(_world.Second, "c2", Settings);
        Assert.Equal(2, GroupWorld.Values(await PollAsync(_world.Second, "c2", maxRecords: 2)).Count);
        var other = await BegunAsync(_world.Second, Ok(await _world.Second.Transactions.InitAsync("other", null, default)), "other");
        Assert.Equal(ErrorCode.None, await AddOffsetAsync(_world.Second, other, 2, "c2"));
        Assert.Equal(ErrorCode.None, await EndAsync(_world.Second, other, commit: true));
        GroupWorld.Ok(await _world.Second.Groups.DeleteInstanceAsync(Group, "c2", default));

        Assert.Equal(ErrorCode.None, (await _world.First.Groups.HeartbeatAsync(Group, "c1", default)).Error);
        var step = await BegunAsync(_world.First);
        var late = await AddOffsetAsync(_world.First, step, 4, "c1");

        Assert.Equal(ErrorCode.StaleMemberEpoch, late);
        Assert.Equal(2, await _world.CommittedAsync());
        Assert.Equal(2, GroupWorld.Values(await PollAsync(_world.First, "c1")).Count);
        Assert.Equal(ErrorCode.None, await AddOffsetAsync(_world.First, step, 4, "c1"));
        Assert.Equal(ErrorCode.None, await EndAsync(_world.First, step, commit: true));
        Assert.Equal(4, await _world.CommittedAsync());
    }
}
