using Serverless.Core.Groups;
using Xunit;
using Record = Serverless.Core.Records.Record;
using static Serverless.Core.Tests.Groups.GroupWorld;

namespace Serverless.Core.Tests.Groups;

public sealed class PollTests
{
    private readonly GroupWorld _world = new();

    [Fact]
    public async Task The_first_poll_after_subscribing_returns_data()
    {
        _world.Topic("t", 1, records: 3);
        await _world.JoinAsync("c1");

        var values = await _world.ReadAsync("c1");

        Assert.Equal(["t-0-0", "t-0-1", "t-0-2"], values);
    }

    [Fact]
    public async Task Polls_go_on_where_the_one_before_ended()
    {
        _world.Topic("t", 1, records: 3);
        await _world.JoinAsync("c1");

        Assert.Equal(["t-0-0", "t-0-1"], await _world.ReadAsync("c1", maxRecords: 2));
        Assert.Equal(["t-0-2"], await _world.ReadAsync("c1"));
        Assert.Empty(await _world.ReadAsync("c1"));
    }

    [Fact]
    public async Task Two_groups_read_independently()
    {
        _world.Topic("t", 1, records: 2);
        await _world.JoinAsync("c1");
        Ok(await _world.Groups.CreateInstanceAsync("other", "c1", Earliest, false, default));
        Ok(await _world.Groups.SubscribeAsync("other", "c1", new(["t"], null), default));

        var mine = await _world.ReadAsync("c1");
        var others = await _world.Groups.PollAsync("other", "c1", new() { Showable = Anything }, default);

        Assert.Equal(mine, Values(others));
    }

    [Fact]
    public async Task Latest_is_the_end_when_the_instance_subscribed()
    {
        var topic = _world.Topic("t", 1, records: 2);
        await _world.JoinAsync("c1", new ConsumerSettings());
        _world.Fill(topic, 0, 1);

        Assert.Equal(["t-0-2"], await _world.ReadAsync("c1"));
    }

    [Fact]
    public async Task A_poll_without_subscription_or_assignment_is_refused()
    {
        Ok(await _world.Groups.CreateInstanceAsync(Group, "c1", Earliest, false, default));

        Assert.Equal(ErrorCode.InvalidRequest, (await _world.PollAsync("c1")).Error);
    }

    [Fact]
    public async Task A_poll_without_a_commit_is_refused_when_nothing_resets()
    {
        _world.Topic("t", 1, records: 1);
        await _world.JoinAsync("c1", Earliest with { AutoOffsetReset = AutoOffsetReset.None });

        var refused = await _world.PollAsync("c1");
        Ok(await _world.Groups.SeekAsync(Group, "c1", [new(new("t", 0), SeekKind.Beginning)], default));

        Assert.Equal((ErrorCode.InvalidRequest, new TopicPartition("t", 0)), (refused.Error, refused.At));
        Assert.Equal(["t-0-0"], await _world.ReadAsync("c1"));
    }

    [Fact]
    public async Task The_first_record_comes_whatever_its_size()
    {
        _world.Topic("t", 1, records: 3);
        await _world.JoinAsync("c1");

        var answer = await _world.Groups.PollAsync(
            Group, "c1", new() { Showable = Anything, MaxBytes = 1 }, default);

        Assert.Equal(["t-0-0"], Values(answer));
        Assert.True(answer.More);
    }

    [Fact]
    public async Task Bytes_are_those_of_keys_and_values()
    {
        _world.Topic("t", 1, records: 3);
        await _world.JoinAsync("c1");

        var answer = await _world.Groups.PollAsync(
            Group, "c1", new() { Showable = Anything, MaxBytes = 2 * "\"t-0-0\"".Length }, default);

        Assert.Equal(["t-0-0", "t-0-1"], Values(answer));
    }

    [Fact]
    public async Task No_partition_starves_behind_another()
    {
        _world.Topic("t", 3, records: 2);
        await _world.JoinAsync("c1");
        var served = new List<string>();

        for (var poll = 0; poll < 6; poll++)
        {
            served.AddRange(await _world.ReadAsync("c1", maxRecords: 1));
        }

        Assert.Equal(["t-0-0", "t-1-0", "t-2-0", "t-0-1", "t-1-1", "t-2-1"], served);
    }

    [Fact]
    public async Task A_record_that_cannot_be_shown_ends_the_poll_before_it_and_is_an_error_when_it_is_the_first()
    {
        var topic = _world.Topic("t", 1, records: 1);
        _world.Logs.Append(topic, 0, "not json");
        _world.Fill(topic, 0, 1);
        await _world.JoinAsync("c1", ByHand);
        var json = new PollRequest { Showable = (scoped in Record record) => record.Value[0] == (byte)'"' };

        var before = await _world.Groups.PollAsync(Group, "c1", json, default);
        var at = await _world.Groups.PollAsync(Group, "c1", json, default);
        var again = await _world.Groups.PollAsync(Group, "c1", json, default);
        Ok(await _world.Groups.SeekAsync(Group, "c1", [new(new("t", 0), SeekKind.Offset, 2)], default));
        var behind = await _world.Groups.PollAsync(Group, "c1", json, default);

        Assert.Equal(["t-0-0"], Values(before));
        Assert.Equal((ErrorCode.InvalidRecord, new TopicPartition("t", 0), 1), (at.Error, at.At, at.AtOffset));
        Assert.Equal((ErrorCode.InvalidRecord, 1), (again.Error, again.AtOffset));
        Assert.Equal(["t-0-2"], Values(behind));
    }

    [Fact]
    public async Task A_tombstone_is_delivered_where_the_filter_lets_it_through()
    {
        var topic = _world.Topic("t", 1);
        _world.Logs.AppendTombstone(topic, 0);
        await _world.JoinAsync("c1");

        var answer = await _world.Groups.PollAsync(
            Group, "c1", new() { Showable = (scoped in Record record) => record.ValueIsNull }, default);

        Assert.Equal(ErrorCode.None, answer.Error);
        Assert.Single(RecordsOf(answer.Slices[0]));
    }

    [Fact]
    public async Task An_offset_out_of_range_is_reset()
    {
        var topic = _world.Topic("t", 1, records: 5);
        await _world.JoinAsync("c1");
        await _world.ReadAsync("c1", maxRecords: 1);
        _world.Logs.Truncate(topic, 0, 3);

        Assert.Equal(["t-0-3", "t-0-4"], await _world.ReadAsync("c1"));

        Ok(await _world.Groups.SeekAsync(Group, "c1", [new(new("t", 0), SeekKind.Offset, 99)], default));

        Assert.Equal(["t-0-3", "t-0-4"], await _world.ReadAsync("c1"));
    }

    [Fact]
    public async Task An_offset_out_of_range_is_an_error_with_its_place_when_nothing_resets()
    {
        _world.Topic("t", 1, records: 5);
        await _world.JoinAsync("c1", Earliest with { AutoOffsetReset = AutoOffsetReset.None });
        Ok(await _world.Groups.SeekAsync(Group, "c1", [new(new("t", 0), SeekKind.Offset, 99)], default));

        var answer = await _world.PollAsync("c1");

        Assert.Equal(
            (ErrorCode.OffsetOutOfRange, new TopicPartition("t", 0), 99), (answer.Error, answer.At, answer.AtOffset));
    }

    [Fact]
    public async Task Markers_are_passed_over_and_do_not_make_a_poll_spin()
    {
        var topic = _world.Topic("t", 1, records: 1);
        _world.Logs.AppendMarker(topic, 0);
        _world.Logs.AppendMarker(topic, 0);
        await _world.JoinAsync("c1");

        Assert.Equal(["t-0-0"], await _world.ReadAsync("c1"));
        _world.Logs.AppendMarker(topic, 0);
        Assert.Empty(await _world.ReadAsync("c1", wait: TimeSpan.FromSeconds(30)));
        Assert.True(_world.Logs.Waits <= 3);

        _world.Fill(topic, 0, 1);
        Assert.Equal(["t-0-4"], await _world.ReadAsync("c1"));
    }

    [Fact]
    public async Task Read_committed_stops_at_the_last_stable_offset_without_spinning()
    {
        var topic = _world.Topic("t", 1, records: 4);
        _world.Logs.SetLastStableOffset(topic, 0, 2);
        await _world.JoinAsync("c1", Earliest with { IsolationLevel = IsolationLevel.ReadCommitted });

        Assert.Equal(["t-0-0", "t-0-1"], await _world.ReadAsync("c1"));
        Assert.Empty(await _world.ReadAsync("c1", wait: TimeSpan.FromSeconds(10)));
        Assert.True(_world.Logs.Waits <= 2);

        _world.Logs.SetLastStableOffset(topic, 0, null);
        Assert.Equal(["t-0-2", "t-0-3"], await _world.ReadAsync("c1"));
    }

    [Fact]
    public async Task A_waiting_poll_returns_as_soon_as_there_is_a_record()
    {
        var topic = _world.Topic("t", 1);
        await _world.JoinAsync("c1");
        var began = _world.Clock.Elapsed;
        _world.Logs.OnWait = () => _world.Fill(topic, 0, 1);

        Assert.Equal(["t-0-0"], await _world.ReadAsync("c1", wait: TimeSpan.FromSeconds(30)));
        Assert.Equal(began, _world.Clock.Elapsed);
    }

    [Fact]
    public async Task Minus_one_byte_waits_the_time_out_and_then_delivers()
    {
        var topic = _world.Topic("t", 1, records: 1);
        await _world.JoinAsync("c1", Earliest with { FetchMinBytes = -1 });
        var began = _world.Clock.Elapsed;
        _world.Logs.OnWait = () => _world.Fill(topic, 0, 1);

        var values = await _world.ReadAsync("c1", wait: TimeSpan.FromSeconds(5));

        Assert.Equal(["t-0-0", "t-0-1"], values);
        Assert.Equal(TimeSpan.FromSeconds(5), _world.Clock.Elapsed - began);
    }

    [Fact]
    public async Task A_wait_that_is_said_to_be_over_ends_at_once_and_the_poll_answers_with_what_there_is()
    {
        _world.Topic("t", 1, records: 1);
        await _world.JoinAsync("c1", Earliest with { FetchMinBytes = -1 });
        using var stop = new CancellationTokenSource();
        var long60 = new PollRequest { Showable = Anything, Wait = TimeSpan.FromSeconds(60), WaitIsOver = stop.Token };
        var began = _world.Clock.Elapsed;
        _world.Logs.OnWait = stop.Cancel;

        var first = await _world.Groups.PollAsync(Group, "c1", long60, default);
        var next = await _world.Groups.PollAsync(Group, "c1", long60, default);

        Assert.Equal((ErrorCode.None, ErrorCode.None), (first.Error, next.Error));
        Assert.Equal(["t-0-0"], Values(first));
        Assert.Empty(Values(next));
        Assert.Equal((began, 1), (_world.Clock.Elapsed, _world.Logs.Waits));
    }

    [Fact]
    public async Task A_poll_whose_request_is_cancelled_while_it_waits_is_not_answered()
    {
        _world.Topic("t", 1);
        await _world.JoinAsync("c1");
        using var caller = new CancellationTokenSource();
        using var stop = new CancellationTokenSource();
        _world.Logs.OnWait = caller.Cancel;

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _world.Groups.PollAsync(
            Group, "c1", new() { Showable = Anything, Wait = TimeSpan.FromSeconds(60), WaitIsOver = stop.Token }, caller.Token).AsTask());
    }

    [Fact]
    public async Task Two_polls_at_once_never_share_a_record()
    {
        _world.Topic("t", 1, records: 10);
        await _world.JoinAsync("c1");
        var (second, store) = _world.StartFaulty();
        var inBetween = new List<string>();
        var left = 3;
        store.Between = () =>
        {
            if (left-- > 0)
            {
                inBetween.AddRange(_world.ReadAsync("c1", maxRecords: 1).GetAwaiter().GetResult());
            }
        };

        var values = await _world.ReadAsync("c1", maxRecords: 5, by: second);

        Assert.Equal(3, inBetween.Count);
        Assert.Equal(8, inBetween.Concat(values).Distinct().Count());
    }

    [Fact]
    public async Task Any_process_serves_any_request_without_loss_or_repeat()
    {
        _world.Topic("t", 3, records: 20);
        await _world.JoinAsync("c1");
        ConsumerGroups[] processes = [_world.Groups, _world.Start()];
        var values = new List<string>();

        for (var poll = 0; poll < 30; poll++)
        {
            values.AddRange(await _world.ReadAsync("c1", maxRecords: 3, by: processes[poll % 2]));
        }

        Assert.Equal(60, values.Count);
        Assert.Equal(60, values.Distinct().Count());
    }

    [Fact]
    public async Task A_record_is_found_behind_more_idle_partitions_than_a_transaction_takes()
    {
        var topic = _world.Topic("t", 150);
        await _world.JoinAsync("c1");
        _world.Fill(topic, 120, 1);

        Assert.Equal(["t-120-0"], await _world.ReadAsync("c1"));
    }

    [Fact]
    public async Task A_record_is_found_by_hand_behind_more_idle_partitions_than_a_transaction_takes()
    {
        var topic = _world.Topic("t", 150);
        Ok(await _world.Groups.CreateInstanceAsync(Group, "c1", Earliest, replace: false, default));
        Ok(await _world.Groups.AssignAsync(
            Group, "c1", [.. Enumerable.Range(0, 150).Select(partition => new TopicPartition("t", partition))], default));
        _world.Fill(topic, 149, 1);

        Assert.Equal(["t-149-0"], await _world.ReadAsync("c1"));
    }

    [Fact]
    public async Task What_is_left_to_commit_does_not_hold_up_records_that_are_there()
    {
        _world.Topic("t", 200, records: 1);
        await _world.JoinAsync("c1");
        var waits = _world.Logs.Waits;

        var first = await _world.PollAsync("c1");
        var second = await _world.PollAsync("c1", wait: TimeSpan.FromSeconds(8));
        var third = await _world.PollAsync("c1", wait: TimeSpan.FromSeconds(8));

        Assert.Equal((96, true), (Values(first).Count, first.More));
        Assert.Equal((96, true), (Values(second).Count, second.More));
        Assert.Equal((8, false), (Values(third).Count, third.More));
        Assert.Equal(waits, _world.Logs.Waits);
        Assert.Equal(1, await _world.CommittedAsync(0));
    }

    [Fact]
    public async Task A_waiting_poll_takes_over_at_once_what_a_member_leaves_in_the_same_process()
    {
        var topic = _world.Topic("t", 2);
        await _world.JoinAsync("c1");
        await _world.JoinAsync("c2");
        await _world.SettleAsync("c1", "c2");
        var left = Assert.Single(await _world.HasAsync("c2")).Partition;
        _world.Logs.OnWait = () =>
        {
            Ok(_world.Groups.DeleteInstanceAsync(Group, "c2", default).AsTask().GetAwaiter().GetResult());
            _world.Fill(topic, left, 1);
        };
        var began = _world.Clock.Elapsed;

        Assert.Equal([$"t-{left}-0"], await _world.ReadAsync("c1", wait: TimeSpan.FromSeconds(15)));
        Assert.True(_world.Clock.Elapsed - began < TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task A_waiting_poll_ends_when_its_instance_is_deleted_in_the_same_process()
    {
        _world.Topic("t", 1);
        await _world.JoinAsync("c1");
        _world.Logs.OnWait = () => Ok(_world.Groups.DeleteInstanceAsync(Group, "c1", default).AsTask().GetAwaiter().GetResult());

        Assert.Equal(ErrorCode.UnknownMemberId, (await _world.PollAsync("c1", wait: TimeSpan.FromSeconds(15))).Error);
    }

    [Fact]
    public async Task A_poll_that_finds_others_waiting_longer_than_a_poll_may_is_refused_and_not_an_unknown_outcome()
    {
        _world.Topic("t", 1, records: 0);
        await _world.JoinAsync("c1");
        Task<PollAnswer>? second = null;
        _world.Logs.OnWait = () => second = _world.PollAsync("c1");

        await _world.PollAsync("c1", wait: TimeSpan.FromSeconds(60));

        Assert.Equal(ErrorCode.InvalidRequest, (await second!).Error);
    }

    [Fact]
    public async Task The_polls_of_an_instance_are_not_in_the_way_of_one_whose_name_looks_like_theirs()
    {
        _world.Topic("t", 2);
        await _world.JoinAsync("c1");
        await _world.JoinAsync("c1|poll");
        Task<GroupAnswer<HeartbeatAnswer>>? beat = null;
        _world.Logs.OnWait = () => beat = _world.Groups.HeartbeatAsync(Group, "c1|poll", default).AsTask();

        var poll = _world.PollAsync("c1", wait: TimeSpan.FromSeconds(5));

        Assert.True(beat!.IsCompletedSuccessfully);
        await poll;
    }

    [Fact]
    public async Task A_poll_of_an_instance_whose_format_is_another_moves_nothing()
    {
        _world.Topic("t", 1, records: 1);
        await _world.JoinAsync("c1", Earliest with { Format = RecordFormat.Json });

        var poll = await _world.Groups.PollAsync(
            Group, "c1", new() { Showable = Anything, Format = RecordFormat.Binary }, default);

        Assert.Equal(ErrorCode.UnsupportedForMessageFormat, poll.Error);
        Assert.Equal(["t-0-0"], await _world.ReadAsync("c1"));
    }

    [Fact]
    public async Task More_partitions_than_a_transaction_takes_are_served_in_turn()
    {
        _world.Topic("t", 250, records: 1);
        await _world.JoinAsync("c1");
        var values = new List<string>();

        for (var poll = 0; poll < 10; poll++)
        {
            values.AddRange(await _world.ReadAsync("c1"));
        }

        Assert.Equal(250, values.Count);
        Assert.Equal(250, values.Distinct().Count());
    }
}
