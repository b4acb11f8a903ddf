using Serverless.Core.Groups;
using Serverless.Core.Storage;
using Xunit;
using static Serverless.Core.Tests.Groups.GroupWorld;

namespace Serverless.Core.Tests.Groups;

public sealed class OperatorTests
{
    private readonly GroupWorld _world = new();

    [Fact]
    public async Task Offsets_are_reset_where_no_live_member_owns_the_partition()
    {
        _world.Topic("t", 2, records: 4);
        await _world.JoinAsync("c1", ByHand);

        var refused = await _world.Groups.ResetAsync(Group, [new(new("t", 0), SeekKind.Offset, 2)], default);
        Ok(await _world.Groups.DeleteInstanceAsync(Group, "c1", default));
        var done = await _world.Groups.ResetAsync(
            Group, [new(new("t", 0), SeekKind.Offset, 2, "why"), new(new("t", 1), SeekKind.End)], default);
        await _world.JoinAsync("c2");

        Assert.Equal(ErrorCode.NonEmptyGroup, refused.Error);
        Assert.Equal([new(new("t", 0), 2, "why"), new GroupOffset(new("t", 1), 4)], done.Value);
        Assert.Equal(["t-0-2", "t-0-3"], await _world.ReadAsync("c2"));
    }

    [Fact]
    public async Task A_group_that_only_has_offsets_is_listed()
    {
        _world.Topic("t", 1, records: 4);
        await _world.Groups.ResetAsync("only", [new(new("t", 0), SeekKind.Beginning)], default);

        Assert.Equal(["only"], await _world.ListedAsync());
        Assert.Equal("EMPTY", (await _world.Groups.DescribeAsync("only", default))!.State);
        Assert.Null(await _world.Groups.DescribeAsync("other", default));
    }

    [Fact]
    public async Task Groups_are_listed_page_by_page_each_once_by_one_query()
    {
        _world.Topic("t", 1);
        string[] names = ["a", "a b", "a-", "a=", "A", "b/c", "é", new string('語', 255), "z"];
        foreach (var name in names)
        {
            await _world.Groups.ResetAsync(name, [new(new("t", 0), SeekKind.Beginning)], default);
        }

        var listed = new List<string>();
        var (before, pages) = (_world.Meter.Read(), 0);
        for (GroupPage? page = null; page is null or { More: true }; pages++)
        {
            page = await _world.Groups.ListGroupsAsync(listed.LastOrDefault(), 2, default);
            Assert.InRange(page.Groups.Count, 1, 2);
            listed.AddRange(page.Groups);
        }

        Assert.Equal(names.Order(StringComparer.Ordinal), listed.Order(StringComparer.Ordinal));
        Assert.Equal(new StorageCalls { Queries = pages }, _world.Meter.Read() - before);
        Assert.Equal(["z"], (await _world.Groups.ListGroupsAsync("y, which is no group", 2, default)).Groups);
    }

    [Fact]
    public async Task Lag_is_the_end_less_the_commit()
    {
        _world.Topic("t", 2, records: 5);
        await _world.JoinAsync("c1", ByHand);
        await _world.ReadAsync("c1", maxRecords: 3);
        await _world.Groups.CommitAsync(Group, "c1", [new(new("t", 0), 1)], default);

        var instance = (await _world.Groups.InstanceLagAsync(Group, "c1", default)).Value!;
        var group = await _world.Groups.LagsAsync(Group, default);

        Assert.Equal([new(new("t", 0), 1, 3, 5, "c1"), new PartitionLag(new("t", 1), -1, 0, 5, "c1")], instance);
        Assert.Equal([4, 5], instance.Select(lag => lag.Lag));
        Assert.Equal([new PartitionLag(new("t", 0), 1, 3, 5, "c1")], group);
    }

    [Fact]
    public async Task A_group_without_live_instances_is_deleted_whatever_its_size()
    {
        _world.Topic("t", 250, records: 1);
        Ok(await _world.Groups.CreateInstanceAsync(Group, "c1", Earliest, false, default));
        Assert.Equal(ErrorCode.NonEmptyGroup, (await _world.Groups.DeleteGroupAsync(Group, default)).Error);
        for (var from = 0; from < 250; from += 50)
        {
            var some = Enumerable.Range(from, 50).Select(at => new GroupOffset(new("t", at), 1)).ToList();
            Assert.Equal(ErrorCode.None, (await _world.Groups.CommitAsync(Group, "c1", some, default)).Error);
        }

        _world.Clock.Advance(TimeSpan.FromMinutes(6));

        Ok(await _world.Groups.DeleteGroupAsync(Group, default));
        Assert.Equal(ErrorCode.GroupIdNotFound, (await _world.Groups.DeleteGroupAsync(Group, default)).Error);
        Assert.Empty(await _world.Groups.GroupOffsetsAsync(Group, null, default));
        Assert.Empty(await _world.ListedAsync());
    }

    [Fact]
    public async Task Names_of_any_kind_work()
    {
        _world.Topic("t", 1, records: 1);
        foreach (var name in new[] { "|groups", "~all", "gruppe ä", "g#?\\", new string('x', 255), "日本" })
        {
            Ok(await _world.Groups.CreateInstanceAsync(name, name, Earliest, false, default));
            Ok(await _world.Groups.SubscribeAsync(name, name, new(["t"], null), default));
            var answer = await _world.Groups.PollAsync(name, name, new() { Showable = Anything }, default);
            Assert.Equal(["t-0-0"], Values(answer));
        }

        Assert.Equal(6, (await _world.ListedAsync()).Count);
    }
}
