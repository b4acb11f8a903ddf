using Serverless.Core.Groups;
using Serverless.Core.Storage;
using Xunit;
using static Serverless.Core.Tests.Groups.GroupWorld;

namespace Serverless.Core.Tests.Groups;

public sealed class MembershipTests
{
    private static readonly TimeSpan Session = TimeSpan.FromSeconds(10);

    private static readonly ConsumerSettings ShortSession = Earliest with { SessionTimeout = Session };

    private readonly GroupWorld _world = new();

    [Fact]
    public async Task Subscribing_joins_and_gives_partitions_within_the_call()
    {
        _world.Topic("t", 3);
        await _world.JoinAsync("c1");

        Assert.Equal([new("t", 0), new("t", 1), new("t", 2)], await _world.HasAsync("c1"));
        Assert.Equal("STABLE", (await _world.Groups.DescribeAsync(Group, default))!.State);
    }

    [Fact]
    public async Task A_name_in_use_is_refused_and_can_be_replaced()
    {
        _world.Topic("t", 1, records: 2);
        await _world.JoinAsync("c1", ByHand);
        await _world.ReadAsync("c1");

        var refused = await _world.Groups.CreateInstanceAsync(Group, "c1", Earliest, replace: false, default);
        Ok(await _world.Groups.CreateInstanceAsync(Group, "c1", Earliest, replace: true, default));
        Ok(await _world.Groups.SubscribeAsync(Group, "c1", new(["t"], null), default));

        Assert.Equal(ErrorCode.UnreleasedInstanceId, refused.Error);
        Assert.Equal(["t-0-0", "t-0-1"], await _world.ReadAsync("c1"));
    }

    [Fact]
    public async Task An_instance_that_an_earlier_attempt_at_the_request_made_is_its_answer()
    {
        _world.Topic("t", 1, records: 2);
        Ok(await _world.Groups.CreateInstanceAsync(Group, "c1", Earliest, replace: true, "request", default));
        Ok(await _world.Groups.SubscribeAsync(Group, "c1", new(["t"], null), default));
        await _world.ReadAsync("c1");

        Ok(await _world.Start().CreateInstanceAsync(Group, "c1", Earliest, replace: true, "request", default));
        var other = await _world.Start().CreateInstanceAsync(Group, "c1", Earliest, replace: false, "another", default);

        Assert.Equal(ErrorCode.UnreleasedInstanceId, other.Error);
        Assert.Single(await _world.HasAsync("c1"));
        Assert.Empty(await _world.ReadAsync("c1"));
    }

    [Fact]
    public async Task Where_the_former_instance_of_a_name_is_remembered_the_new_one_is_never_said_to_be_unknown()
    {
        _world.Topic("t", 1, records: 2);
        await _world.JoinAsync("c1");
        var elsewhere = _world.Start();
        await _world.ReadAsync("c1", maxRecords: 1, by: elsewhere);
        Ok(await _world.Groups.CreateInstanceAsync(Group, "c1", Earliest, replace: true, default));
        Ok(await _world.Groups.SubscribeAsync(Group, "c1", new(["t"], null), default));

        var first = await Assert.ThrowsAsync<StorageException>(() => _world.ReadAsync("c1", by: elsewhere));

        Assert.True(first.Retriable);
        Assert.Equal(["t-0-0", "t-0-1"], await _world.ReadAsync("c1", by: elsewhere));
    }

    [Fact]
    public async Task A_request_of_a_replaced_instance_that_is_under_way_is_fenced()
    {
        _world.Topic("t", 1, records: 2);
        await _world.JoinAsync("c1");
        var (old, store) = _world.StartFaulty();
        await _world.ReadAsync("c1", maxRecords: 1, by: old);
        store.Between = () =>
        {
            store.Between = null;
            Ok(_world.Groups.CreateInstanceAsync(Group, "c1", Earliest, true, default).AsTask().GetAwaiter().GetResult());
        };

        // Nobody can tell it from one that came after the takeover, on rows remembered from before: so it is to be sent again.
        await Assert.ThrowsAsync<StorageException>(() => _world.PollAsync("c1", by: old));
        Ok(await _world.Groups.SubscribeAsync(Group, "c1", new(["t"], null), default));
        Assert.Equal(["t-0-0", "t-0-1"], await _world.ReadAsync("c1"));
    }

    [Fact]
    public async Task Twenty_members_on_twelve_partitions_leave_eight_inactive_and_each_departure_activates_one()
    {
        _world.Topic("t", 12);
        var names = Enumerable.Range(0, 20).Select(index => $"c{index:D2}").ToList();
        foreach (var name in names)
        {
            await _world.JoinAsync(name);
        }

        Assert.Equal(8, (await _world.SettleAsync([.. names])).Count(count => count == 0));

        for (var departed = 0; departed < 8; departed++)
        {
            var before = await OwnersAsync(names);
            var leaver = before.First().Value;
            Ok(await _world.Groups.DeleteInstanceAsync(Group, leaver, default));
            names.Remove(leaver);
            var counts = await _world.SettleAsync([.. names]);
            var after = await OwnersAsync(names);

            Assert.Equal(12, counts.Sum());
            Assert.All(counts, count => Assert.InRange(count, 0, 1));
            Assert.Single(before, pair => after[pair.Key] != pair.Value);
        }
    }

    [Fact]
    public async Task A_hand_over_waits_for_nobody_and_leaves_the_other_partitions_alone()
    {
        var topic = _world.Topic("t", 2, records: 4);
        await _world.JoinAsync("c1");
        await _world.ReadAsync("c1", maxRecords: 2);
        await _world.JoinAsync("c2");

        // Not released yet: the new member has none, and the former owner's next poll reads what it keeps.
        Assert.Empty(await _world.HasAsync("c2"));
        var kept = await _world.ReadAsync("c1");
        var gained = await _world.ReadAsync("c2");

        Assert.Single(kept.Select(value => value[..3]).Distinct());
        Assert.Single(gained.Select(value => value[..3]).Distinct());
        Assert.Equal(6, kept.Count + gained.Count);
        Assert.Equal(6, kept.Concat(gained).Distinct().Count());
        Assert.NotNull(topic);
    }

    [Fact]
    public async Task A_member_at_rest_notices_a_join_elsewhere_by_its_next_request_without_having_looked()
    {
        _world.Topic("t", 2);
        await _world.JoinAsync("c1");
        var elsewhere = _world.Start();
        Assert.Empty(await _world.ReadAsync("c1", wait: TimeSpan.FromSeconds(30)));
        Ok(await elsewhere.CreateInstanceAsync(Group, "c2", Earliest, false, default));
        Ok(await elsewhere.SubscribeAsync(Group, "c2", new(["t"], null), default));

        await _world.ReadAsync("c1", wait: TimeSpan.FromSeconds(30));

        Assert.Single(await _world.HasAsync("c2", elsewhere));
    }

    [Fact]
    public async Task A_member_that_was_not_told_is_told_by_whoever_misses_its_partitions()
    {
        _world.Topic("t", 2);
        await _world.JoinAsync("c1");
        Assert.Empty(await _world.ReadAsync("c1", wait: TimeSpan.FromSeconds(30)));
        var (elsewhere, store) = _world.StartFaulty();
        Ok(await elsewhere.CreateInstanceAsync(Group, "c2", Earliest, false, default));

        // Busy while the other joins, so that it is left out; then at rest.
        var calls = 0;
        store.Between = () =>
        {
            if (++calls is 2)
            {
                _world.Groups.HeartbeatAsync(Group, "c1", default).AsTask().GetAwaiter().GetResult();
            }
        };
        Ok(await elsewhere.SubscribeAsync(Group, "c2", new(["t"], null), default));
        store.Between = null;
        Assert.Empty(await _world.HasAsync("c2", elsewhere));

        await _world.ReadAsync("c1", wait: TimeSpan.FromSeconds(30));

        Assert.Single(await _world.HasAsync("c2", elsewhere));
    }

    [Fact]
    public async Task A_join_succeeds_though_every_member_writes_its_row_all_the_time()
    {
        _world.Topic("t", 4);
        await _world.JoinAsync("c1");
        await _world.JoinAsync("c2");
        var (elsewhere, store) = _world.StartFaulty();
        store.Between = () =>
        {
            _world.Groups.HeartbeatAsync(Group, "c1", default).AsTask().GetAwaiter().GetResult();
            _world.Groups.HeartbeatAsync(Group, "c2", default).AsTask().GetAwaiter().GetResult();
        };

        await JoinAsync(elsewhere, "c3");

        Assert.Equal(3, (await _world.Groups.DescribeAsync(Group, default))!.Members.Count);
    }

    [Fact]
    public async Task A_heartbeat_does_not_give_up_what_may_still_be_processed()
    {
        _world.Topic("t", 2, records: 1);
        await _world.JoinAsync("c1", ByHand);
        await _world.ReadAsync("c1");
        await _world.JoinAsync("c2", ByHand);

        await _world.Groups.HeartbeatAsync(Group, "c1", default);
        Assert.Empty(await _world.HasAsync("c2"));

        Assert.Equal(ErrorCode.None, (await _world.Groups.CommitAsync(Group, "c1", null, default)).Error);
        await _world.Groups.HeartbeatAsync(Group, "c1", default);
        Assert.Single(await _world.HasAsync("c2"));
        Assert.Empty(await _world.ReadAsync("c2"));
    }

    [Fact]
    public async Task Who_only_heartbeats_keeps_partitions_no_longer_than_a_session()
    {
        _world.Topic("t", 2, records: 1);
        await _world.JoinAsync("c1", ShortSession with { AutoCommit = false });
        await _world.ReadAsync("c1");
        await _world.JoinAsync("c2", ShortSession);

        for (var beat = 0; beat < 3; beat++)
        {
            _world.Clock.Advance(TimeSpan.FromSeconds(5));
            await _world.Groups.HeartbeatAsync(Group, "c1", default);
            await _world.Groups.HeartbeatAsync(Group, "c2", default);
        }

        Assert.Single(await _world.HasAsync("c2"));
    }

    [Fact]
    public async Task What_a_poll_delivered_is_not_committed_by_who_only_heartbeats()
    {
        _world.Topic("t", 2, records: 1);
        await _world.JoinAsync("c1", ShortSession);
        await _world.ReadAsync("c1");
        await _world.JoinAsync("c2", ShortSession);

        for (var beat = 0; beat < 3; beat++)
        {
            _world.Clock.Advance(TimeSpan.FromSeconds(5));
            await _world.Groups.HeartbeatAsync(Group, "c1", default);
            await _world.Groups.HeartbeatAsync(Group, "c2", default);
        }

        // Nobody has said that it has the records: their reply may have been lost.
        Assert.Single(await _world.HasAsync("c2"));
        Assert.Single(await _world.ReadAsync("c2"));
    }

    [Fact]
    public async Task A_member_that_falls_silent_loses_its_partitions_in_one_transaction_and_rejoins()
    {
        _world.Topic("t", 2, records: 2);
        await _world.JoinAsync("c1", ShortSession);
        await _world.JoinAsync("c2", Earliest);
        await _world.SettleAsync("c1", "c2");
        var epoch = (await _world.Groups.DescribeAsync(Group, default))!.Generation;

        _world.Clock.Advance(Session + TimeSpan.FromSeconds(2));
        Assert.Equal(2, (await _world.HasAsync("c2")).Count);

        var expired = (await _world.Groups.DescribeAsync(Group, default))!;
        Assert.Equal(epoch + 1, expired.Generation);
        Assert.Equal(["c2"], expired.Members.Select(member => member.Instance));

        // Its instance lives on: any request that needs partitions rejoins.
        Assert.Equal(new[] { 1, 1 }, await _world.SettleAsync("c1", "c2"));
    }

    [Fact]
    public async Task An_instance_that_falls_silent_for_longer_is_gone()
    {
        _world.Topic("t", 1);
        await _world.JoinAsync("c1");
        _world.Clock.Advance(TimeSpan.FromMinutes(5) + TimeSpan.FromSeconds(2));

        Assert.Equal(ErrorCode.UnknownMemberId, (await _world.PollAsync("c1")).Error);
        Assert.Equal(ErrorCode.UnknownMemberId, (await _world.Groups.HeartbeatAsync(Group, "c1", default)).Error);
        Assert.Equal(ErrorCode.UnknownMemberId, (await _world.Groups.CommitAsync(Group, "c1", null, default)).Error);
        Assert.Null(await _world.Groups.FindInstanceAsync(Group, "c1", fresh: false, default));
        Ok(await _world.Groups.CreateInstanceAsync(Group, "c1", Earliest, replace: false, default));
    }

    [Fact]
    public async Task A_lease_that_is_over_harms_nobody_until_somebody_ends_it()
    {
        _world.Topic("t", 1, records: 2);
        await _world.JoinAsync("c1", ShortSession);
        await _world.ReadAsync("c1", maxRecords: 1);
        _world.Clock.Advance(TimeSpan.FromMinutes(1));

        Assert.Equal(["t-0-1"], await _world.ReadAsync("c1"));
    }

    [Fact]
    public async Task An_expired_member_is_fenced_in_poll_and_commit_whatever_it_remembers()
    {
        _world.Topic("t", 1, records: 4);
        var zombie = _world.Start();
        await _world.JoinAsync("c1", ShortSession with { AutoCommit = false });
        await _world.ReadAsync("c1", maxRecords: 2, by: zombie);

        _world.Clock.Advance(Session + TimeSpan.FromSeconds(2));
        await _world.JoinAsync("c2", ByHand);
        Assert.Equal(["t-0-0", "t-0-1", "t-0-2"], await _world.ReadAsync("c2", maxRecords: 3));

        var late = await zombie.CommitAsync(Group, "c1", [new(new("t", 0), 2)], default);
        var all = await zombie.CommitAsync(Group, "c1", null, default);
        Assert.Equal((ErrorCode.StaleMemberEpoch, ErrorCode.StaleMemberEpoch), (late.Error, all.Error));
        Assert.Equal(-1, await _world.CommittedAsync(0));
        Assert.Empty(await _world.ReadAsync("c1", by: zombie));
        Assert.Equal(["t-0-3"], await _world.ReadAsync("c2"));
    }

    [Fact]
    public async Task A_static_member_comes_back_without_a_move()
    {
        _world.Topic("t", 4, records: 1);
        var fixedName = ByHand with { GroupInstanceId = "s1" };
        await _world.JoinAsync("c1", fixedName);
        await _world.JoinAsync("c2", ByHand);
        await _world.SettleAsync("c1", "c2");
        var (mine, others) = (await _world.HasAsync("c1"), await _world.HasAsync("c2"));
        Assert.Equal(2, (await _world.ReadAsync("c1")).Count);

        await _world.JoinAsync("c1-again", fixedName);

        Assert.Equal(mine, await _world.HasAsync("c1-again"));
        Assert.Equal(others, await _world.HasAsync("c2"));
        Assert.Equal(ErrorCode.UnknownMemberId, (await _world.PollAsync("c1")).Error);

        // What the old process had read but not committed is read again.
        Assert.Equal(2, (await _world.ReadAsync("c1-again")).Count);
    }

    [Fact]
    public async Task The_first_live_member_decides_on_the_assignor()
    {
        _world.Topic("t", 2);
        await _world.JoinAsync("c1", Earliest with { Assignor = "range" });

        var other = await _world.Groups.CreateInstanceAsync(
            Group, "c2", Earliest with { Assignor = "roundrobin" }, false, default);
        await _world.JoinAsync("c3");

        Assert.Equal(ErrorCode.InconsistentGroupProtocol, other.Error);
        Assert.Equal("range", (await _world.Groups.DescribeAsync(Group, default))!.Assignor);
        Assert.Equal(new[] { 1, 1 }, await _world.SettleAsync("c1", "c3"));
    }

    [Fact]
    public async Task A_hundred_members_join_at_once()
    {
        _world.Topic("t", 100);

        await Task.WhenAll(Enumerable.Range(0, 100).Select(index => _world.JoinAsync($"c{index:D2}")));

        Assert.Equal(100, (await _world.Groups.DescribeAsync(Group, default))!.Members.Count);
        Assert.All(
            await _world.SettleAsync([.. Enumerable.Range(0, 100).Select(index => $"c{index:D2}")]),
            count => Assert.Equal(1, count));
    }

    private async Task<Dictionary<TopicPartition, string>> OwnersAsync(List<string> names)
    {
        var owners = new Dictionary<TopicPartition, string>();
        foreach (var name in names)
        {
            foreach (var at in await _world.HasAsync(name))
            {
                owners.Add(at, name);
            }
        }

        return owners;
    }
}
