using Serverless.Core.Groups;
using Xunit;
using static Serverless.Core.Tests.Groups.GroupWorld;

namespace Serverless.Core.Tests.Groups;

public sealed class TopicChangeTests
{
    private readonly GroupWorld _world = new();

    [Fact]
    public async Task New_partitions_are_shared_at_the_next_request_and_read_from_their_beginning()
    {
        var topic = _world.Topic("t", 1);
        await _world.JoinAsync("c1", new ConsumerSettings());
        _world.Topics.Grow("t", 3);
        _world.Fill(topic, 2, 2);

        Assert.Equal(["t-2-0", "t-2-1"], await _world.ReadAsync("c1"));
        Assert.Equal(3, (await _world.HasAsync("c1")).Count);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Partitions_that_another_process_has_just_added_can_be_named(bool byHand)
    {
        // The list is from before; so is what this process remembers.
        var topic = _world.Topic("t", 1);
        Ok(await _world.Groups.CreateInstanceAsync(Group, "c1", ByHand with { AutoOffsetReset = AutoOffsetReset.Latest }, false, default));
        if (!byHand)
        {
            Ok(await _world.Groups.SubscribeAsync(Group, "c1", new(["t"], null), default));
        }

        _world.Topics.Listed = [topic];
        _world.Topics.Grow("t", 3);
        _world.Fill(_world.Topics.Now("t"), 2, 2);

        if (byHand)
        {
            Ok(await _world.Groups.AssignAsync(Group, "c1", [new("t", 2)], default));
            Assert.Empty(await _world.ReadAsync("c1"));
            Ok(await _world.Groups.SeekAsync(Group, "c1", [new(new("t", 2), SeekKind.Beginning)], default));
        }

        var committed = await _world.Groups.CommitAsync(Group, "c1", [new(new("t", 2), 1)], default);
        Assert.Equal((ErrorCode.None, null), (committed.Error, committed.Message));
        var reset = await _world.Groups.ResetAsync("other", [new(new("t", 2), SeekKind.End)], default);
        Assert.Equal((ErrorCode.None, null), (reset.Error, reset.Message));
    }

    [Fact]
    public async Task A_topic_made_after_the_subscription_counts_from_its_beginning()
    {
        await _world.JoinAsync("c1", new ConsumerSettings(), "later");
        Assert.Empty(await _world.ReadAsync("c1"));
        _world.Topic("later", 1, records: 2);

        Assert.Equal(["later-0-0", "later-0-1"], await _world.ReadAsync("c1"));
    }

    [Fact]
    public async Task A_pattern_means_the_whole_name_and_is_looked_at_again_at_each_poll()
    {
        _world.Topic("orders", 1, records: 1);
        _world.Topic("my-orders", 1, records: 1);
        _world.Topic("__consumer_offsets", 1, records: 1);
        Ok(await _world.Groups.CreateInstanceAsync(Group, "c1", Earliest, false, default));
        Ok(await _world.Groups.SubscribeAsync(Group, "c1", new(null, "orders.*|__.*"), default));

        Assert.Equal(["orders-0-0"], await _world.ReadAsync("c1"));

        _world.Topic("orders-eu", 1, records: 1);
        Assert.Equal(["orders-eu-0-0"], await _world.ReadAsync("c1"));
        Assert.Equal(["orders", "orders-eu"], (await _world.Groups.SubscriptionAsync(Group, "c1", default)).Value);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_member_goes_though_the_target_has_no_room_for_topics_that_came_since(bool itself)
    {
        MakeTopics(0, 40);
        await JoinAsync("c1", Earliest with { SessionTimeout = TimeSpan.FromSeconds(6) });
        await JoinAsync("c2", Earliest);
        MakeTopics(40, 1_100);

        if (itself)
        {
            Ok(await _world.Groups.DeleteInstanceAsync(Group, "c1", default));
        }
        else
        {
            _world.Clock.Advance(TimeSpan.FromSeconds(10));
            await _world.Groups.SweepAsync(default);
        }

        Assert.Equal(40, (await _world.HasAsync("c2", _world.Start())).Count);

        async Task JoinAsync(string instance, ConsumerSettings settings)
        {
            Ok(await _world.Groups.CreateInstanceAsync(Group, instance, settings, false, default));
            Ok(await _world.Groups.SubscribeAsync(Group, instance, new(null, "long.*"), default));
        }

        // A thousand such names, and ids as long, are more than one row holds.
        void MakeTopics(int from, int to)
        {
            for (var number = from; number < to; number++)
            {
                _world.Topic($"long{number:D4}{new string('x', 240)}", 1);
            }
        }
    }

    [Theory]
    [InlineData("(")]
    [InlineData("a)|(b")]
    [InlineData("(a)\\1")]
    [InlineData("(?=a)b")]
    public async Task A_pattern_that_is_none_or_may_take_long_is_refused(string pattern)
    {
        Ok(await _world.Groups.CreateInstanceAsync(Group, "c1", Earliest, false, default));

        Assert.Equal(
            ErrorCode.PolicyViolation,
            (await _world.Groups.SubscribeAsync(Group, "c1", new(null, pattern), default)).Error);
    }

    [Fact]
    public async Task A_topic_made_anew_has_no_commits()
    {
        _world.Topic("t", 1, records: 3);
        await _world.JoinAsync("c1");
        await _world.ReadAsync("c1");
        await _world.ReadAsync("c1");
        Assert.Equal(3, await _world.CommittedAsync(0));

        _world.Topic("t", 1, records: 5);

        Assert.Equal(-1, await _world.CommittedAsync(0));
        Assert.Equal(5, (await _world.ReadAsync("c1")).Count);
    }

    [Fact]
    public async Task A_topic_that_is_deleted_leaves_the_share()
    {
        _world.Topic("t", 1, records: 1);
        _world.Topic("u", 1, records: 1);
        await _world.JoinAsync("c1", Earliest, "t", "u");
        _world.Topics.Remove("t");

        Assert.Equal(["u-0-0"], await _world.ReadAsync("c1"));
        Assert.Equal([new("u", 0)], await _world.HasAsync("c1"));
    }

    [Fact]
    public async Task A_list_that_is_out_of_date_does_not_take_a_topic_away_again()
    {
        _world.Topic("t", 1);
        var old = await _world.Topics.ListAsync(default);
        await _world.JoinAsync("c1");
        _world.Topics.Grow("t", 2);
        await _world.ReadAsync("c1");
        var epoch = (await _world.Groups.DescribeAsync(Group, default))!.Generation;

        _world.Topics.Listed = old;
        await _world.ReadAsync("c1");
        await _world.ReadAsync("c1");

        Assert.Equal(epoch, (await _world.Groups.DescribeAsync(Group, default))!.Generation);
        Assert.Equal(2, (await _world.HasAsync("c1")).Count);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_deleted_topic_whose_offsets_have_gone_is_not_read_again_by_a_process_that_still_lists_it(bool byPattern)
    {
        _world.Topic("t", 2, records: 3);
        var old = await _world.Topics.ListAsync(default);
        var settings = Earliest with { DeliveryMode = DeliveryMode.AtMostOnce };
        await _world.JoinAsync("c1", settings);
        Assert.Equal(6, (await _world.ReadAsync("c1")).Count);
        Ok(await _world.Groups.DeleteInstanceAsync(Group, "c1", default));
        _world.Topics.Remove("t");
        await _world.Groups.SweepAsync(default);
        Ok(await _world.Groups.CreateInstanceAsync(Group, "c2", settings, false, default));
        Ok(await _world.Groups.SubscribeAsync(Group, "c2", byPattern ? new(null, "t.*") : new(["t"], null), default));

        _world.Topics.Listed = old;

        Assert.Empty(await _world.ReadAsync("c2"));
    }

    [Fact]
    public async Task A_deleted_topic_is_not_assigned_by_hand_by_a_process_that_still_lists_it()
    {
        _world.Topic("t", 1, records: 3);
        var old = await _world.Topics.ListAsync(default);
        _world.Topics.Remove("t");
        _world.Topics.Listed = old;
        Ok(await _world.Groups.CreateInstanceAsync(Group, "c1", Earliest, false, default));

        Ok(await _world.Groups.AssignAsync(Group, "c1", [new("t", 0)], default));

        Assert.Empty(await _world.ReadAsync("c1"));
    }

    [Fact]
    public async Task Positions_by_hand_in_a_topic_made_anew_stay_where_the_former_is_still_listed()
    {
        _world.Topic("t", 1, records: 3);
        var old = await _world.Topics.ListAsync(default);
        _world.Topic("t", 1, records: 5);
        Ok(await _world.Groups.CreateInstanceAsync(Group, "c1", ByHand, false, default));
        Ok(await _world.Groups.AssignAsync(Group, "c1", [new("t", 0)], default));
        Assert.Equal(4, (await _world.ReadAsync("c1", maxRecords: 4)).Count);

        _world.Topics.Listed = old;

        Assert.Equal(["t-0-4"], await _world.ReadAsync("c1"));
    }

    [Fact]
    public async Task Offsets_in_a_topic_made_anew_stay_where_the_former_is_still_listed()
    {
        _world.Topic("t", 1, records: 3);
        var old = await _world.Topics.ListAsync(default);
        _world.Topic("t", 1, records: 5);
        await _world.JoinAsync("c1");
        Assert.Equal(5, (await _world.ReadAsync("c1")).Count);
        Ok(await _world.Groups.DeleteInstanceAsync(Group, "c1", default));
        Ok(await _world.Groups.CreateInstanceAsync(Group, "c2", ByHand, false, default));
        _world.Topics.Listed = old;

        Assert.Equal(5, await _world.CommittedAsync(0));
        Assert.Equal(5, Assert.Single(await _world.Start().LagsAsync(Group, default)).Committed);

        Assert.Equal(ErrorCode.None, (await _world.Groups.CommitAsync(Group, "c2", [new(new("t", 0), 4)], default)).Error);
        await StoredAsync(4);

        Assert.Equal(ErrorCode.None, (await _world.Groups.ResetAsync(Group, [new(new("t", 0), SeekKind.End)], default)).Error);
        await StoredAsync(5);

        async Task StoredAsync(long offset)
        {
            (_world.Topics.Listed, var listed) = (null, _world.Topics.Listed);
            Assert.Equal(offset, await _world.CommittedAsync(0));
            _world.Topics.Listed = listed;
        }
    }

    [Fact]
    public async Task Each_partition_goes_to_a_member_that_subscribes_to_its_topic()
    {
        _world.Topic("t", 2);
        _world.Topic("u", 2);
        await _world.JoinAsync("c1", Earliest, "t");
        await _world.JoinAsync("c2", Earliest, "t", "u");
        await _world.SettleAsync("c1", "c2");

        Assert.Equal([new("t", 0), new("t", 1)], await _world.HasAsync("c1"));
        Assert.Equal([new("u", 0), new("u", 1)], await _world.HasAsync("c2"));
    }
}
