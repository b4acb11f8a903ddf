using Serverless.Core.Groups;
using Xunit;
using static Serverless.Core.Tests.Groups.GroupWorld;

namespace Serverless.Core.Tests.Groups;

public sealed class ManualAssignmentTests
{
    private readonly GroupWorld _world = new();

    [Fact]
    public async Task Records_come_from_the_assigned_partitions_alone_and_nobody_joins()
    {
        _world.Topic("t", 3, records: 1);
        await AssignAsync(Earliest, new("t", 2), new("t", 0));

        Assert.Equal(["t-0-0", "t-2-0"], await _world.ReadAsync("c1"));
        Assert.Equal([new("t", 0), new("t", 2)], await _world.HasAsync("c1"));
        Assert.Empty((await _world.Groups.DescribeAsync(Group, default))!.Members);
        Assert.True((await _world.Groups.DescribeAsync(Group, default))!.IsSimple);
    }

    [Fact]
    public async Task Positions_and_auto_commit_work_as_in_a_group()
    {
        _world.Topic("t", 1, records: 3);
        await AssignAsync(Earliest, new TopicPartition("t", 0));

        await _world.ReadAsync("c1", maxRecords: 2);
        Assert.Equal(-1, await _world.CommittedAsync(0));
        Assert.Equal(["t-0-2"], await _world.ReadAsync("c1"));
        Assert.Equal(2, await _world.CommittedAsync(0));
        Ok(await _world.Groups.DeleteInstanceAsync(Group, "c1", default));
        Assert.Equal(3, await _world.CommittedAsync(0));
    }

    [Fact]
    public async Task It_starts_at_the_groups_commit()
    {
        _world.Topic("t", 1, records: 3);
        await _world.Groups.ResetAsync(Group, [new(new("t", 0), SeekKind.Offset, 2)], default);
        await AssignAsync(new ConsumerSettings(), new TopicPartition("t", 0));

        Assert.Equal(["t-0-2"], await _world.ReadAsync("c1"));
    }

    [Fact]
    public async Task Latest_is_the_end_when_it_was_assigned_also_of_a_topic_made_later()
    {
        var topic = _world.Topic("t", 1, records: 1);
        await AssignAsync(new ConsumerSettings(), new("t", 0), new("later", 0));
        _world.Fill(topic, 0, 1);
        _world.Topic("later", 1, records: 1);

        Assert.Equal(["later-0-0", "t-0-1"], await _world.ReadAsync("c1"));
    }

    [Fact]
    public async Task Subscription_and_assignment_exclude_each_other_until_unsubscribed()
    {
        _world.Topic("t", 1, records: 1);
        await _world.JoinAsync("c1");

        Assert.Equal(ErrorCode.InvalidRequest, (await _world.Groups.AssignAsync(Group, "c1", [new("t", 0)], default)).Error);
        Ok(await _world.Groups.UnsubscribeAsync(Group, "c1", default));
        Ok(await _world.Groups.UnsubscribeAsync(Group, "c1", default));
        Ok(await _world.Groups.AssignAsync(Group, "c1", [new("t", 0)], default));
        Assert.Equal(
            ErrorCode.InvalidRequest, (await _world.Groups.SubscribeAsync(Group, "c1", new(["t"], null), default)).Error);
        Ok(await _world.Groups.AssignAsync(Group, "c1", [], default));
        Ok(await _world.Groups.SubscribeAsync(Group, "c1", new(["t"], null), default));
    }

    [Fact]
    public async Task A_partition_that_a_member_owns_cannot_be_committed()
    {
        _world.Topic("t", 1, records: 2);
        await _world.JoinAsync("member", ByHand);
        await AssignAsync(Earliest, new TopicPartition("t", 0));

        Assert.Equal(2, (await _world.ReadAsync("c1")).Count);
        Assert.Empty(await _world.ReadAsync("c1"));
        Assert.Equal(-1, await _world.CommittedAsync(0));
        Assert.Equal(
            ErrorCode.StaleMemberEpoch, (await _world.Groups.CommitAsync(Group, "c1", [new(new("t", 0), 1)], default)).Error);
    }

    [Fact]
    public async Task A_seek_is_kept_for_a_topic_that_does_not_exist_yet()
    {
        await AssignAsync(Earliest, new TopicPartition("later", 0));
        Ok(await _world.Groups.SeekAsync(Group, "c1", [new(new("later", 0), SeekKind.Offset, 1)], default));
        _world.Topic("later", 1, records: 2);

        Assert.Equal(["later-0-1"], await _world.ReadAsync("c1"));
    }

    [Fact]
    public async Task Thousands_of_partitions_and_long_names_fit_the_rows()
    {
        var name = new string('n', 249);
        _world.Topic(name, 1500, records: 0);
        await AssignAsync(Earliest, [.. Enumerable.Range(0, 1500).Select(at => new TopicPartition(name, at))]);

        Assert.Equal(1500, (await _world.HasAsync("c1", _world.Start())).Count);
    }

    private async Task AssignAsync(ConsumerSettings settings, params TopicPartition[] partitions)
    {
        Ok(await _world.Groups.CreateInstanceAsync(Group, "c1", settings, false, default));
        Ok(await _world.Groups.AssignAsync(Group, "c1", partitions, default));
    }
}
