using Serverless.Core.Groups;
using Serverless.Core.Tests.Transactions;
using Serverless.Core.Transactions;
using Xunit;
using static Serverless.Core.Tests.Transactions.TransactionWorld;

namespace Serverless.Core.Tests.Groups;

/// <summary>Offsets that wait in a group for their transaction (KIP-447), against the real log and the real transactions.</summary>
public sealed class PendingOffsetTests
{
    private static readonly ConsumerSettings AtLeastOnce = new() { AutoOffsetReset = AutoOffsetReset.Earliest, AutoCommit = false };

    private readonly TransactionWorld _world = new();

    private Process First => _world.First;

    private Process Second => _world.Second;

    [Fact]
    public async Task An_owner_adds_what_it_was_given_and_the_group_has_it_from_the_commit_on()
    {
        await _world.FillAsync(0, 4);
        await JoinAsync(First, "c1");
        Assert.Equal(4, GroupWorld.Values(await PollAsync(First, "c1")).Count);
        var step = await BegunAsync(First);

        Assert.Equal(ErrorCode.None, await AddOffsetAsync(Second, step, 2, "c1"));
        Assert.Equal(ErrorCode.None, await AddOffsetAsync(Second, step, 4, "c1"));
        Assert.Equal(-1, await _world.CommittedAsync());
        Assert.Equal(ErrorCode.None, await EndAsync(First, step, commit: true));

        Assert.Equal(4, await _world.CommittedAsync());
        Assert.Empty(GroupWorld.Values(await PollAsync(First, "c1")));
    }

    [Fact]
    public async Task Who_does_not_own_the_partition_is_refused_and_nothing_waits()
    {
        await JoinAsync(First, "c1");
        await PollAsync(First, "c1");
        GroupWorld.Ok(await First.Groups.CreateInstanceAsync(Group, "c2", ExactlyOnce, replace: false, default));
        var step = await BegunAsync(First);

        Assert.Equal(ErrorCode.StaleMemberEpoch, await AddOffsetAsync(First, step, 2, "c2"));
        Assert.Equal(ErrorCode.UnknownMemberId, await AddOffsetAsync(First, step, 2, "c3"));

        Assert.Equal(ErrorCode.None, await EndAsync(First, step, commit: true));
        Assert.Equal(-1, await _world.CommittedAsync());
    }

    [Fact]
    public async Task A_member_that_has_expired_adds_nothing_to_what_another_owns_now()
    {
        await _world.FillAsync(0, 4);
        await JoinAsync(First, "c1", ExactlyOnce with { SessionTimeout = TimeSpan.FromSeconds(10) });
        await PollAsync(First, "c1");
        var step = await BegunAsync(First);
        _world.Clock.Advance(TimeSpan.FromSeconds(20));
        await JoinAsync(Second, "c2");
        Assert.Equal(4, GroupWorld.Values(await PollAsync(Second, "c2")).Count);

        Assert.Equal(ErrorCode.StaleMemberEpoch, await AddOffsetAsync(First, step, 4, "c1"));
    }

    [Fact]
    public async Task Without_a_consumer_nothing_is_added_for_an_owner_that_counts_on_exactly_once()
    {
        await JoinAsync(First, "c1");
        await PollAsync(First, "c1");
        var step = await BegunAsync(First);

        Assert.Equal(ErrorCode.StaleMemberEpoch, await AddOffsetAsync(Second, step, 0));
    }

    [Fact]
    public async Task Without_a_consumer_offsets_are_added_up_to_what_the_owner_was_given()
    {
        await _world.FillAsync(0, 4);
        await JoinAsync(First, "c1", AtLeastOnce);
        await PollAsync(First, "c1", maxRecords: 3);
        var step = await BegunAsync(First);

        Assert.Equal(ErrorCode.StaleMemberEpoch, await AddOffsetAsync(Second, step, 4));
        Assert.Equal(ErrorCode.None, await AddOffsetAsync(Second, step, 3));

        Assert.Equal(ErrorCode.None, await EndAsync(First, step, commit: true));
        Assert.Equal(3, await _world.CommittedAsync());
    }

    [Fact]
    public async Task An_earlier_request_of_the_transaction_that_comes_late_does_not_move_its_offset_back()
    {
        var step = await BegunAsync(First);
        Assert.Equal(ErrorCode.None, await AddOffsetAsync(First, step, 9));

        Assert.Equal(ErrorCode.InvalidRequest, await AddOffsetAsync(Second, step, 8));

        Assert.Equal(ErrorCode.None, await EndAsync(First, step, commit: true));
        Assert.Equal(9, await _world.CommittedAsync());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Two_transactions_do_not_wait_in_one_partition(bool commit)
    {
        var step = await BegunAsync(First);
        var other = await BegunAsync(Second, Ok(await Second.Transactions.InitAsync("other", null, default)), "other");
        Assert.Equal(ErrorCode.None, await AddOffsetAsync(First, step, 9));

        Assert.Equal(ErrorCode.UnstableOffsetCommit, await AddOffsetAsync(Second, other, 5));
        Assert.Equal(ErrorCode.None, await AddOffsetAsync(Second, other, 5, partition: 1));

        await EndAsync(First, step, commit);
        Assert.Equal(commit ? 9 : -1, await _world.CommittedAsync());
        Assert.Equal(ErrorCode.None, await AddOffsetAsync(Second, other, 10));
        Assert.Equal(ErrorCode.None, await EndAsync(Second, other, commit: true));
        Assert.Equal((10, 5), (await _world.CommittedAsync(), await _world.CommittedAsync(1)));
    }

    [Fact]
    public async Task A_transaction_whose_time_is_over_is_aborted_by_whoever_needs_the_partition()
    {
        var step = await BegunAsync(First);
        Assert.Equal(ErrorCode.None, await AddOffsetAsync(First, step, 9));
        var other = await BegunAsync(Second, Ok(await Second.Transactions.InitAsync("other", TimeSpan.FromMinutes(9), default)), "other");
        _world.Clock.Advance(TimeSpan.FromSeconds(62));

        Assert.Equal(ErrorCode.None, await AddOffsetAsync(Second, other, 5));

        Assert.Equal(ErrorCode.InvalidTxnState, await EndAsync(First, step, commit: true));
        Assert.Equal(ErrorCode.None, await EndAsync(Second, other, commit: true));
        Assert.Equal(5, await _world.CommittedAsync());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Commits_and_resets_wait_for_the_transaction(bool commit)
    {
        await _world.FillAsync(0, 4);
        await JoinAsync(First, "c1", AtLeastOnce);
        await PollAsync(First, "c1");
        var step = await BegunAsync(First);
        Assert.Equal(ErrorCode.None, await AddOffsetAsync(First, step, 3, "c1"));

        Assert.Equal(
            ErrorCode.UnstableOffsetCommit, (await First.Groups.CommitAsync(Group, "c1", [new(new("in", 0), 1)], default)).Error);
        Assert.Equal(ErrorCode.UnstableOffsetCommit, (await First.Groups.CommitAsync(Group, "c1", null, default)).Error);
        GroupWorld.Ok(await First.Groups.DeleteInstanceAsync(Group, "c1", default));
        Assert.Equal(
            ErrorCode.UnstableOffsetCommit,
            (await First.Groups.ResetAsync(Group, [new(new("in", 0), SeekKind.Beginning)], default)).Error);
        Assert.Equal(-1, await _world.CommittedAsync());

        await EndAsync(Second, step, commit);
        Assert.Equal(commit ? 3 : -1, await _world.CommittedAsync());
        Assert.Equal(ErrorCode.None, (await First.Groups.ResetAsync(Group, [new(new("in", 0), SeekKind.Offset, 1)], default)).Error);
        Assert.Equal(1, await _world.CommittedAsync());
    }

    [Fact]
    public async Task What_is_decided_and_not_carried_out_yet_is_carried_out_by_whoever_finds_it()
    {
        await _world.FillAsync(0, 4);
        await JoinAsync(First, "c1", AtLeastOnce);
        await PollAsync(First, "c1");
        await DecidedOnlyAsync(3, "c1");

        Assert.Equal(ErrorCode.None, (await First.Groups.CommitAsync(Group, "c1", null, default)).Error);
        Assert.Equal(4, await _world.CommittedAsync());

        await _world.RecoverAsync();
        Assert.Equal(4, await _world.CommittedAsync());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_new_owner_starts_when_the_transaction_is_decided(bool commit)
    {
        await _world.FillAsync(0, 4);
        await JoinAsync(First, "c1");
        await PollAsync(First, "c1");
        var step = await BegunAsync(First);
        Assert.Equal(ErrorCode.None, await AddOffsetAsync(First, step, 3, "c1"));
        GroupWorld.Ok(await First.Groups.DeleteInstanceAsync(Group, "c1", default));
        await JoinAsync(Second, "c2");

        Assert.Empty(GroupWorld.Values(await PollAsync(Second, "c2")));
        Assert.Equal([new TopicPartition("in", 1)], (await Second.Groups.AssignmentAsync(Group, "c2", default)).Value!);

        await EndAsync(First, step, commit);
        Assert.Equal(commit ? ["0-3"] : ["0-0", "0-1", "0-2", "0-3"], GroupWorld.Values(await PollAsync(Second, "c2")));
    }

    [Fact]
    public async Task A_new_owner_carries_out_what_is_decided_in_its_own_claim()
    {
        await _world.FillAsync(0, 4);
        await JoinAsync(First, "c1");
        await PollAsync(First, "c1");
        await DecidedOnlyAsync(3, "c1");
        GroupWorld.Ok(await First.Groups.DeleteInstanceAsync(Group, "c1", default));
        await JoinAsync(Second, "c2");

        Assert.Equal(["0-3"], GroupWorld.Values(await PollAsync(Second, "c2")));
        Assert.Equal(3, await _world.CommittedAsync());
    }

    [Fact]
    public async Task A_new_owner_waits_no_longer_than_the_transaction_may_last()
    {
        await _world.FillAsync(0, 4);
        await JoinAsync(First, "c1");
        await PollAsync(First, "c1");
        var step = await BegunAsync(First);
        Assert.Equal(ErrorCode.None, await AddOffsetAsync(First, step, 3, "c1"));
        GroupWorld.Ok(await First.Groups.DeleteInstanceAsync(Group, "c1", default));
        await JoinAsync(Second, "c2");

        var answer = await Second.Groups.PollAsync(
            Group, "c2", new() { Showable = GroupWorld.Anything, Wait = TimeSpan.FromMinutes(1) }, default);
        Assert.Empty(answer.Slices);
        _world.Clock.Advance(TimeSpan.FromSeconds(2));

        Assert.Equal(4, GroupWorld.Values(await PollAsync(Second, "c2")).Count);
        Assert.Equal(ErrorCode.InvalidTxnState, await EndAsync(First, step, commit: true));
    }

    [Fact]
    public async Task A_consumer_assigned_by_hand_starts_when_the_transaction_is_decided()
    {
        await _world.FillAsync(0, 4);
        var step = await BegunAsync(First);
        Assert.Equal(ErrorCode.None, await AddOffsetAsync(First, step, 3));
        GroupWorld.Ok(await Second.Groups.CreateInstanceAsync(Group, "c1", ExactlyOnce, replace: false, default));

        var waits = await Second.Groups.AssignAsync(Group, "c1", [new("in", 0)], default);
        Assert.Equal(ErrorCode.UnstableOffsetCommit, waits.Error);
        await EndAsync(First, step, commit: true);

        GroupWorld.Ok(await Second.Groups.AssignAsync(Group, "c1", [new("in", 0)], default));
        Assert.Equal(["0-3"], GroupWorld.Values(await PollAsync(Second, "c1")));
    }

    [Fact]
    public async Task Automatic_commits_leave_out_what_waits_and_take_it_later()
    {
        await _world.FillAsync(0, 2);
        await _world.FillAsync(1, 2);
        await JoinAsync(First, "c1", AtLeastOnce with { AutoCommit = true });
        await PollAsync(First, "c1");
        var step = await BegunAsync(First);
        Assert.Equal(ErrorCode.None, await AddOffsetAsync(First, step, 1, "c1"));

        Assert.Equal(ErrorCode.None, (await PollAsync(First, "c1")).Error);
        Assert.Equal((-1, 2), (await _world.CommittedAsync(), await _world.CommittedAsync(1)));

        await EndAsync(First, step, commit: true);
        Assert.Equal(1, await _world.CommittedAsync());
        Assert.Equal(ErrorCode.None, (await PollAsync(First, "c1")).Error);
        Assert.Equal(2, await _world.CommittedAsync());
    }

    [Fact]
    public async Task What_waits_for_a_topic_that_was_deleted_goes_with_it()
    {
        var step = await BegunAsync(First);
        Assert.Equal(ErrorCode.None, await AddOffsetAsync(First, step, 3));
        _world.Topics.Remove("in");
        _world.Topics.Make("in", 2);
        await JoinAsync(Second, "c1");

        Assert.Equal(2, (await Second.Groups.AssignmentAsync(Group, "c1", default)).Value!.Count);

        Assert.Equal(ErrorCode.None, await EndAsync(First, step, commit: true));
        Assert.Equal(-1, await _world.CommittedAsync());
    }

    [Fact]
    public async Task With_exactly_once_only_a_transaction_commits_and_only_what_is_committed_is_read()
    {
        await JoinAsync(First, "c1", ExactlyOnce with { AutoCommit = true, IsolationLevel = IsolationLevel.ReadUncommitted });
        var step = await BegunAsync(Second);
        await ProduceAsync(Second, step, _world.In, (0, "undecided"));

        Assert.Empty(GroupWorld.Values(await PollAsync(First, "c1")));
        await EndAsync(Second, step, commit: true);
        Assert.Equal(["undecided"], GroupWorld.Values(await PollAsync(First, "c1")));
        await PollAsync(First, "c1");

        Assert.Equal(-1, await _world.CommittedAsync());
        foreach (var offsets in new IReadOnlyList<GroupOffset>?[] { null, [new(new("in", 0), 1)] })
        {
            Assert.Equal(ErrorCode.InvalidRequest, (await First.Groups.CommitAsync(Group, "c1", offsets, default)).Error);
        }
    }

    [Fact]
    public async Task What_arrives_after_the_transaction_is_complete_never_counts()
    {
        var step = await BegunAsync(First);
        var late = _world.Start();
        var submits = 0;

        // Its offset stands still on the way while the program commits by another process.
        late.Stores.Before = async () =>
        {
            if (++submits == 6)
            {
                Assert.Equal(ErrorCode.None, await EndAsync(Second, step, commit: true));
            }
        };

        await Assert.ThrowsAsync<Core.Storage.StorageException>(() => AddOffsetAsync(late, step, 9));
        Assert.Equal(-1, await _world.CommittedAsync());

        var other = await BegunAsync(Second, Ok(await Second.Transactions.InitAsync("other", null, default)), "other");
        Assert.Equal(ErrorCode.None, await AddOffsetAsync(Second, other, 4));
        Assert.Equal(ErrorCode.None, await EndAsync(Second, other, commit: true));
        Assert.Equal(4, await _world.CommittedAsync());
    }

    [Fact]
    public async Task What_finds_the_transaction_decided_before_it_reads_the_group_writes_nothing()
    {
        var step = await BegunAsync(First);
        var late = _world.Start();
        var calls = 0;

        // It knows the transaction; while it reads the group the program commits, and somebody moves the offset on.
        Assert.Equal(ErrorCode.None, await AddOffsetAsync(late, step, 1));
        late.Stores.Before = async () =>
        {
            if (++calls == 2)
            {
                Assert.Equal(ErrorCode.None, await EndAsync(Second, step, commit: true));
                Assert.Equal(
                    ErrorCode.None, (await Second.Groups.ResetAsync(Group, [new(new("in", 0), SeekKind.Offset, 15)], default)).Error);
            }
        };

        Assert.Equal(ErrorCode.InvalidTxnState, await AddOffsetAsync(late, step, 9));

        Assert.Equal(15, await _world.CommittedAsync());
        var (_, changes) = (late.Stores.Before = null, late.Stores.Changes);
        Assert.Equal(ErrorCode.InvalidTxnState, await AddOffsetAsync(late, step, 9));
        Assert.Equal(changes, late.Stores.Changes);
    }

    // Committed, and the process that did it went no further.
    private async Task DecidedOnlyAsync(long offset, string consumer)
    {
        var step = await BegunAsync(First);
        Assert.Equal(ErrorCode.None, await AddOffsetAsync(First, step, offset, consumer));
        var decider = _world.Start();
        (decider.Stores.At, decider.Stores.Failure) = (2, Failure.CrashBefore);
        await Assert.ThrowsAsync<CrashException>(() => EndAsync(decider, step, commit: true));
        Assert.Equal(TransactionState.PrepareCommit, await _world.StateAsync());
        Assert.Equal(-1, await _world.CommittedAsync());
    }
}
