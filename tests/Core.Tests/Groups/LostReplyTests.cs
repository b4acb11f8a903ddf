using Serverless.Core.Groups;
using Serverless.Core.Storage;
using Xunit;
using static Serverless.Core.Tests.Groups.GroupWorld;

namespace Serverless.Core.Tests.Groups;

public sealed class LostReplyTests
{
    private readonly GroupWorld _world = new();
    private readonly ConsumerGroups _groups;
    private readonly FaultyRowStore _store;

    public LostReplyTests() => (_groups, _store) = _world.StartFaulty();

    public static TheoryData<int> Kinds => [(int)Fault.LostRequest, (int)Fault.LostReply, (int)Fault.LateEffect];

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_poll_skips_nothing_and_delivers_nothing_twice(int kind)
    {
        _world.Topic("t", 2, records: 6);
        await _world.JoinAsync("c1");
        var values = new List<string>();
        for (var poll = 0; poll < 8; poll++)
        {
            _store.Faults.Enqueue((Fault)kind);
            values.AddRange(await _world.ReadAsync("c1", maxRecords: 2, by: _groups));
        }

        Assert.Equal(12, values.Count);
        Assert.Equal(12, values.Distinct().Count());
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_commit_is_answered_truly(int kind)
    {
        _world.Topic("t", 1, records: 6);
        await _world.JoinAsync("c1", ByHand);
        await _world.ReadAsync("c1", maxRecords: 4, by: _groups);
        _store.Faults.Enqueue((Fault)kind);

        var answer = await _groups.CommitAsync(Group, "c1", null, default);

        Assert.Equal([new GroupOffset(new("t", 0), 4)], answer.Value);
        Assert.Equal(4, await _world.CommittedAsync(0));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Creating_joining_and_leaving_are_answered_truly(int kind)
    {
        _world.Topic("t", 1);
        for (var round = 0; round < 3; round++)
        {
            _store.Faults.Enqueue((Fault)kind);
            _store.Faults.Enqueue((Fault)kind);
            _store.Faults.Enqueue((Fault)kind);
            Ok(await _groups.CreateInstanceAsync(Group, "c1", Earliest, replace: false, default));
            _store.Faults.Enqueue((Fault)kind);
            Ok(await _groups.SubscribeAsync(Group, "c1", new(["t"], null), default));
            Assert.Single(await _world.HasAsync("c1"));
            _store.Faults.Enqueue((Fault)kind);
            Ok(await _groups.DeleteInstanceAsync(Group, "c1", default));
            await _store.DrainAsync();
            Assert.Equal("EMPTY", (await _world.Groups.DescribeAsync(Group, default))!.State);
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Resets_and_deletions_of_groups_are_answered_truly(int kind)
    {
        _world.Topic("t", 1, records: 3);
        _store.Faults.Enqueue(Fault.None);
        _store.Faults.Enqueue((Fault)kind);

        var reset = await _groups.ResetAsync(Group, [new(new("t", 0), SeekKind.End)], default);
        Assert.Equal([new GroupOffset(new("t", 0), 3)], reset.Value);
        Assert.Equal(3, await _world.CommittedAsync(0));

        _store.Faults.Enqueue((Fault)kind);
        Ok(await _groups.DeleteGroupAsync(Group, default));
        await _store.DrainAsync();
        Assert.Null(await _world.Groups.DescribeAsync(Group, default));
        Assert.Empty(await _world.ListedAsync());
    }

    // Seeds 27297 and 36489.
    [Fact]
    public async Task What_took_effect_so_many_changes_ago_that_its_stamp_is_gone_is_unknown_and_not_refused()
    {
        _world.Topic("t", 2, records: 4);
        await ResetAsync(partition: 1, by: _groups);
        _store.Faults.Enqueue(Fault.LostReply);
        var (submits, isLate) = (_store.Submits, false);
        _store.Between = () =>
        {
            if (isLate || _store.Submits == submits)
            {
                return;
            }

            isLate = true;
            for (var other = 0; other < 7; other++)
            {
                ResetAsync(partition: 1, by: _world.Groups).GetAwaiter().GetResult();
            }

            _world.JoinAsync("c1").GetAwaiter().GetResult();
        };

        await Assert.ThrowsAsync<StorageException>(() => ResetAsync(partition: 0, by: _groups));

        Assert.True(isLate);
        Assert.Equal(2, await _world.CommittedAsync(0));
    }

    [Fact]
    public async Task A_commit_that_was_delivered_twice_is_not_refused_because_its_instance_is_gone_since()
    {
        _world.Topic("t", 1, records: 6);
        await _world.JoinAsync("c1", ByHand);
        await _world.ReadAsync("c1", maxRecords: 4, by: _groups);
        _store.Faults.Enqueue(Fault.Twice);
        var submits = _store.Submits;
        _store.Between = () =>
        {
            if (_store.Submits > submits)
            {
                _store.Between = null;
                _world.Groups.DeleteInstanceAsync(Group, "c1", default).AsTask().GetAwaiter().GetResult();
            }
        };

        await Assert.ThrowsAsync<StorageException>(async () => await _groups.CommitAsync(Group, "c1", null, default));

        Assert.Equal(4, await _world.CommittedAsync(0));
        Assert.Equal(ErrorCode.UnknownMemberId, (await _groups.CommitAsync(Group, "c1", null, default)).Error);
    }

    private static async Task ResetAsync(int partition, ConsumerGroups by)
    {
        var answer = await by.ResetAsync(Group, [new(new("t", partition), SeekKind.Offset, 2)], default);
        Assert.Equal((ErrorCode.None, null), (answer.Error, answer.Message));
    }

    [Fact]
    public async Task A_poll_whose_reply_is_lost_is_not_skipped_though_another_came_in_between()
    {
        _world.Topic("t", 1, records: 6);
        await _world.JoinAsync("c1");
        await _world.ReadAsync("c1", maxRecords: 1, by: _groups);
        var meanwhile = new List<string>();
        _store.Faults.Enqueue(Fault.LostReply);
        var calls = 0;
        _store.Between = () =>
        {
            // Before it looks whether it took effect.
            if (++calls == 2)
            {
                meanwhile.AddRange(_world.ReadAsync("c1", maxRecords: 2).GetAwaiter().GetResult());
            }
        };

        var values = await _world.ReadAsync("c1", maxRecords: 2, by: _groups);

        Assert.Equal(["t-0-1", "t-0-2"], values);
        Assert.Equal(["t-0-3", "t-0-4"], meanwhile);
    }

    [Fact]
    public async Task Contention_without_end_gives_up_after_a_bounded_number_of_attempts()
    {
        _world.Topic("t", 1, records: 1);
        await _world.JoinAsync("c1");
        _store.Chance = () => Fault.LostRequest;

        var failure = await Assert.ThrowsAsync<StorageException>(() => _world.ReadAsync("c1", by: _groups));

        Assert.True(failure.Retriable);
        Assert.Equal(_world.Options.AttemptsMax, _store.Submits);
    }
}
