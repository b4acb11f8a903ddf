using Serverless.Core.Groups;
using Xunit;
using static Serverless.Core.Tests.Groups.GroupWorld;

namespace Serverless.Core.Tests.Groups;

public sealed class CommitTests
{
    private readonly GroupWorld _world = new();

    [Fact]
    public async Task Auto_commit_covers_the_poll_before_and_never_its_own()
    {
        _world.Topic("t", 1, records: 4);
        await _world.JoinAsync("c1");

        await _world.ReadAsync("c1", maxRecords: 2);
        Assert.Equal(-1, await _world.CommittedAsync(0));

        await _world.ReadAsync("c1", maxRecords: 1);
        Assert.Equal(2, await _world.CommittedAsync(0));
    }

    [Fact]
    public async Task Leaving_commits_what_was_delivered()
    {
        _world.Topic("t", 1, records: 4);
        await _world.JoinAsync("c1");
        await _world.ReadAsync("c1", maxRecords: 3);

        Ok(await _world.Groups.DeleteInstanceAsync(Group, "c1", default));
        await _world.JoinAsync("c2");

        Assert.Equal(["t-0-3"], await _world.ReadAsync("c2"));
        Assert.Equal(ErrorCode.UnknownMemberId, (await _world.Groups.DeleteInstanceAsync(Group, "c1", default)).Error);
    }

    [Fact]
    public async Task Without_auto_commit_the_next_owner_starts_at_the_last_commit()
    {
        _world.Topic("t", 1, records: 4);
        await _world.JoinAsync("c1", ByHand);
        await _world.ReadAsync("c1", maxRecords: 3);
        await _world.Groups.CommitAsync(Group, "c1", [new(new("t", 0), 1, "mine")], default);

        Ok(await _world.Groups.DeleteInstanceAsync(Group, "c1", default));
        await _world.JoinAsync("c2");

        Assert.Equal("t-0-1", (await _world.ReadAsync("c2"))[0]);
        Assert.Equal(
            [new GroupOffset(new("t", 0), 1, "mine")],
            (await _world.Groups.CommittedAsync(Group, "c2", [new("t", 0), new("t", 9)], default)).Value);
    }

    [Fact]
    public async Task At_most_once_is_committed_before_the_reply()
    {
        _world.Topic("t", 1, records: 4);
        await _world.JoinAsync("c1", Earliest with { DeliveryMode = DeliveryMode.AtMostOnce });

        await _world.ReadAsync("c1", maxRecords: 2);

        Assert.Equal(2, await _world.CommittedAsync(0));
    }

    [Fact]
    public async Task Committing_null_commits_what_polls_delivered_and_tells_it()
    {
        _world.Topic("t", 2, records: 2);
        await _world.JoinAsync("c1", ByHand);

        Assert.Empty((await _world.Groups.CommitAsync(Group, "c1", null, default)).Value!);
        await _world.ReadAsync("c1", maxRecords: 3);
        var stored = await _world.Groups.CommitAsync(Group, "c1", null, default);

        Assert.Equal([new GroupOffset(new("t", 0), 2), new GroupOffset(new("t", 1), 1)], stored.Value);
    }

    [Fact]
    public async Task Commits_are_all_or_nothing()
    {
        _world.Topic("t", 2, records: 2);
        await _world.JoinAsync("c1", ByHand);

        var answer = await _world.Groups.CommitAsync(Group, "c1", [new(new("t", 0), 1), new(new("t", 7), 1)], default);

        Assert.Equal(ErrorCode.UnknownTopicOrPartition, answer.Error);
        Assert.Equal(-1, await _world.CommittedAsync(0));
    }

    [Fact]
    public async Task Another_members_partition_cannot_be_committed_and_a_free_one_can()
    {
        _world.Topic("t", 2);
        _world.Topic("free", 1);
        await _world.JoinAsync("c1", ByHand);
        await _world.JoinAsync("c2", ByHand);
        await _world.SettleAsync("c1", "c2");
        var others = (await _world.HasAsync("c2"))[0];

        Assert.Equal(
            ErrorCode.StaleMemberEpoch, (await _world.Groups.CommitAsync(Group, "c1", [new(others, 1)], default)).Error);
        Assert.Equal(
            ErrorCode.None, (await _world.Groups.CommitAsync(Group, "c1", [new(new("free", 0), 5)], default)).Error);
        Assert.Equal(5, await _world.CommittedAsync(0, "free"));
    }

    [Fact]
    public async Task A_session_that_ended_still_commits_what_nobody_has_had_since()
    {
        _world.Topic("t", 1, records: 4);
        await _world.JoinAsync("c1", Slow);
        await _world.ReadAsync("c1", maxRecords: 3);
        await ExpireAsync();

        var late = await _world.Groups.CommitAsync(Group, "c1", [new(new("t", 0), 3)], default);

        Assert.Equal((ErrorCode.None, 3), (late.Error, await _world.CommittedAsync(0)));
    }

    [Fact]
    public async Task A_session_that_ended_does_not_take_the_group_back_from_who_came_after_it()
    {
        _world.Topic("t", 1, records: 4);
        await _world.JoinAsync("c1", Slow);
        await _world.ReadAsync("c1", maxRecords: 1);
        await ExpireAsync();
        await _world.JoinAsync("c2");
        await _world.ReadAsync("c2", maxRecords: 3);
        Ok(await _world.Groups.DeleteInstanceAsync(Group, "c2", default));

        var late = await _world.Groups.CommitAsync(Group, "c1", [new(new("t", 0), 1)], default);

        Assert.Equal((ErrorCode.StaleMemberEpoch, 3), (late.Error, await _world.CommittedAsync(0)));
    }

    [Fact]
    public async Task A_session_that_ended_does_not_take_the_group_back_from_an_operator()
    {
        _world.Topic("t", 1, records: 4);
        await _world.JoinAsync("c1", Slow);
        await _world.ReadAsync("c1", maxRecords: 3);
        await ExpireAsync();
        await _world.Groups.ResetAsync(Group, [new(new("t", 0), SeekKind.Offset, 2)], default);

        var late = await _world.Groups.CommitAsync(Group, "c1", [new(new("t", 0), 3)], default);

        Assert.Equal((ErrorCode.StaleMemberEpoch, 2), (late.Error, await _world.CommittedAsync(0)));
    }

    [Fact]
    public async Task A_subscribers_commit_that_is_decided_anew_after_it_has_unsubscribed_does_not_take_the_group_back()
    {
        _world.Topic("t", 1, records: 4);
        var (slow, store) = _world.StartFaulty();
        await GroupWorld.JoinAsync(slow, "c1", ByHand, "t");
        Assert.Single(await _world.ReadAsync("c1", maxRecords: 1, by: slow));
        var goesOn = true;
        store.Between = () =>
        {
            if (goesOn)
            {
                goesOn = false;
                OthersGoOnAsync().GetAwaiter().GetResult();
            }
        };

        var late = await slow.CommitAsync(Group, "c1", [new(new("t", 0), 1)], default);

        Assert.Equal((ErrorCode.StaleMemberEpoch, 4), (late.Error, await _world.CommittedAsync(0)));

        async Task OthersGoOnAsync()
        {
            Ok(await _world.Groups.UnsubscribeAsync(Group, "c1", default));
            await _world.JoinAsync("c2");
            await _world.ReadAsync("c2");
            Ok(await _world.Groups.DeleteInstanceAsync(Group, "c2", default));
        }
    }

    [Fact]
    public async Task A_member_does_not_commit_what_it_gave_up_and_nobody_has_claimed_yet()
    {
        _world.Topic("t", 2, records: 2);
        await _world.JoinAsync("c1", ByHand);
        await _world.ReadAsync("c1");
        await _world.JoinAsync("c2", ByHand);
        _world.Clock.Advance(TimeSpan.FromSeconds(6));
        await _world.ReadAsync("c1");
        var kept = Assert.Single(await _world.HasAsync("c1"));

        var given = await _world.Groups.CommitAsync(Group, "c1", [new(new("t", 1 - kept.Partition), 2)], default);
        var had = await _world.Groups.CommitAsync(Group, "c1", [new(kept, 2)], default);

        Assert.Equal((ErrorCode.StaleMemberEpoch, ErrorCode.None), (given.Error, had.Error));
    }

    [Fact]
    public async Task No_error_is_answered_on_rows_that_are_only_remembered()
    {
        _world.Topic("t", 2);
        Ok(await _world.Groups.CreateInstanceAsync(Group, "c1", ByHand, replace: false, default));
        await _world.JoinAsync("c2", ByHand);
        await _world.JoinAsync("c3", ByHand);
        await _world.SettleAsync("c2", "c3");
        var others = (await _world.HasAsync("c2"))[0];

        // What the second leaves goes to the third, so that nothing tells the first, which only commits.
        Ok(await _world.Start().DeleteInstanceAsync(Group, "c2", default));

        Assert.Equal(ErrorCode.None, (await _world.Groups.CommitAsync(Group, "c1", [new(others, 1)], default)).Error);
    }

    [Fact]
    public async Task Too_much_metadata_and_too_many_partitions_are_refused()
    {
        _world.Topic("t", 200);
        await _world.JoinAsync("c1", ByHand);

        var large = await _world.Groups.CommitAsync(Group, "c1", [new(new("t", 0), 1, new string('m', 4097))], default);
        var many = await _world.Groups.CommitAsync(
            Group, "c1", [.. Enumerable.Range(0, 97).Select(at => new GroupOffset(new("t", at), 1))], default);
        var most = await _world.Groups.CommitAsync(
            Group, "c1", [.. Enumerable.Range(0, 96).Select(at => new GroupOffset(new("t", at), 1, new string('m', 4096)))], default);

        Assert.Equal((ErrorCode.OffsetMetadataTooLarge, ErrorCode.PolicyViolation, ErrorCode.None), (large.Error, many.Error, most.Error));
    }

    [Fact]
    public async Task Seeks_move_all_or_none_and_commit_nothing()
    {
        var topic = _world.Topic("t", 2, records: 2);
        _world.Clock.Advance(TimeSpan.FromSeconds(1));
        _world.Fill(topic, 0, 2);
        await _world.JoinAsync("c1", ByHand);

        var foreign = await _world.Groups.SeekAsync(
            Group, "c1", [new(new("t", 0), SeekKind.Offset, 3), new(new("u", 0), SeekKind.Offset, 3)], default);
        Assert.Equal(ErrorCode.InvalidRequest, foreign.Error);
        Assert.Equal([new(new("t", 0), 0), new GroupOffset(new("t", 1), 0)], await PositionsAsync());

        Ok(await _world.Groups.SeekAsync(
            Group, "c1", [new(new("t", 0), SeekKind.Timestamp, 500), new(new("t", 1), SeekKind.End)], default));
        Assert.Equal([new(new("t", 0), 2), new GroupOffset(new("t", 1), 2)], await PositionsAsync());

        _world.Fill(topic, 1, 1);
        Assert.Equal(["t-0-2", "t-0-3", "t-1-2"], await _world.ReadAsync("c1"));

        Ok(await _world.Groups.SeekAsync(
            Group, "c1", [new(new("t", 0), SeekKind.Beginning), new(new("t", 1), SeekKind.Timestamp, long.MaxValue)], default));
        Assert.Equal([new(new("t", 0), 0), new GroupOffset(new("t", 1), 3)], await PositionsAsync());
        Assert.Equal(-1, await _world.CommittedAsync(0));
    }

    [Fact]
    public async Task A_seek_back_is_no_commit_of_what_lies_between()
    {
        _world.Topic("t", 1, records: 4);
        await _world.JoinAsync("c1");
        await _world.ReadAsync("c1", maxRecords: 3);
        Ok(await _world.Groups.SeekAsync(Group, "c1", [new(new("t", 0), SeekKind.Offset, 1)], default));

        Assert.Equal(["t-0-1"], await _world.ReadAsync("c1", maxRecords: 1));
        Assert.Equal(3, await _world.CommittedAsync(0));
        await _world.ReadAsync("c1", maxRecords: 1);
        Assert.Equal(2, await _world.CommittedAsync(0));
    }

    private static ConsumerSettings Slow { get; } = ByHand with
    {
        SessionTimeout = TimeSpan.FromSeconds(10),
        InstanceTimeout = TimeSpan.FromMinutes(10),
    };

    private async Task ExpireAsync()
    {
        _world.Clock.Advance(TimeSpan.FromSeconds(12));
        await _world.Groups.SweepAsync(default);
    }

    private async Task<IReadOnlyList<GroupOffset>> PositionsAsync() =>
        (await _world.Groups.PositionsAsync(Group, "c1", default)).Value!;
}
