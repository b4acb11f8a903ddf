using Serverless.Core.Groups;
using Serverless.Core.Groups.Rows;
using Serverless.Core.Storage;
using Xunit;
using static Serverless.Core.Tests.Groups.GroupWorld;

namespace Serverless.Core.Tests.Groups;

public sealed class SweepTests
{
    private readonly GroupWorld _world = new();

    [Fact]
    public async Task An_idle_service_costs_one_query()
    {
        await _world.JoinAsync("c1");
        _world.Clock.Advance(TimeSpan.FromMinutes(20));
        await _world.Groups.SweepAsync(default);
        var before = _world.Meter.Read();

        Assert.False(await _world.Groups.SweepAsync(default));

        var calls = _world.Meter.Read() - before;
        Assert.Equal((1, 1), (calls.Tables, calls.Queries));
        Assert.Equal([Group], await _world.ListedAsync());
    }

    [Fact]
    public async Task Members_and_instances_whose_time_is_over_are_ended_where_nobody_asks()
    {
        _world.Topic("t", 2);
        await _world.JoinAsync("c1", Earliest with { SessionTimeout = TimeSpan.FromSeconds(10) });
        await _world.JoinAsync("c2");
        var epoch = (await _world.Groups.DescribeAsync(Group, default))!.Generation;
        _world.Clock.Advance(TimeSpan.FromSeconds(12));

        await _world.Groups.SweepAsync(default);
        var group = (await _world.Groups.DescribeAsync(Group, default))!;

        Assert.Equal((epoch + 1, "c2"), (group.Generation, Assert.Single(group.Members).Instance));
        Assert.NotNull(await _world.Groups.FindInstanceAsync(Group, "c1", fresh: false, default));

        _world.Clock.Advance(TimeSpan.FromMinutes(6));
        await _world.Groups.SweepAsync(default);

        Assert.Equal("EMPTY", (await _world.Groups.DescribeAsync(Group, default))!.State);
        Assert.Null(await _world.Start().FindInstanceAsync(Group, "c1", fresh: false, default));
    }

    [Fact]
    public async Task A_page_is_bounded_and_says_whether_there_is_more()
    {
        var world = new GroupWorld { Options = new GroupOptions { SweepGroupsMax = 2 } };
        var groups = world.Start();
        for (var group = 0; group < 5; group++)
        {
            Ok(await groups.CreateInstanceAsync($"g{group}", "c", Earliest, false, default));
        }

        world.Clock.Advance(TimeSpan.FromMinutes(20));

        Assert.True(await groups.SweepAsync(default));
        Assert.True(await groups.SweepAsync(default));
        Assert.False(await groups.SweepAsync(default));
        for (var group = 0; group < 5; group++)
        {
            Assert.Null(await world.Start().FindInstanceAsync($"g{group}", "c", fresh: false, default));
        }
    }

    [Fact]
    public async Task A_group_that_is_used_again_is_swept_again()
    {
        await _world.JoinAsync("c1");
        _world.Clock.Advance(TimeSpan.FromMinutes(20));
        await _world.Groups.SweepAsync(default);
        await _world.JoinAsync("c2");
        _world.Clock.Advance(TimeSpan.FromMinutes(6));

        await _world.Groups.SweepAsync(default);

        Assert.Empty((await _world.Groups.DescribeAsync(Group, default))!.Members);
    }

    [Fact]
    public async Task Offsets_of_a_deleted_topic_go_and_those_of_one_that_the_list_does_not_have_yet_stay()
    {
        _world.Topic("gone", 150, records: 1);
        var listed = new[] { _world.Topic("kept", 1, records: 1) };
        await _world.JoinAsync("c1", ByHand, "gone", "kept", "new");
        while ((await _world.ReadAsync("c1")).Count > 0)
        {
            Assert.Equal(ErrorCode.None, (await _world.Groups.CommitAsync(Group, "c1", null, default)).Error);
        }

        _world.Topic("new", 1, records: 1);
        await _world.ReadAsync("c1");
        Assert.Equal(ErrorCode.None, (await _world.Groups.CommitAsync(Group, "c1", null, default)).Error);
        Ok(await _world.Groups.DeleteInstanceAsync(Group, "c1", default));
        _world.Topics.Remove("gone");
        _world.Topics.Listed = listed;

        await _world.Start().SweepAsync(default);

        var rows = (await _world.Memory.QueryAsync(
            Layout.GroupsTable, RowQuery.Prefix(KeyEncoding.Encode(Group), PartitionRow.Prefix), default)).Rows;
        Assert.Equal(["kept", "new"], rows.Select(row => PartitionRow.Decode(row.Columns).At.Topic));
        _world.Topics.Listed = null;
        Assert.Equal((1, 1), (await _world.CommittedAsync(0, "kept"), await _world.CommittedAsync(0, "new")));
    }
}
