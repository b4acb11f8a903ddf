using Serverless.Core.Transactions;
using Xunit;
using static Serverless.Core.Tests.Transactions.TransactionWorld;

namespace Serverless.Core.Tests.Transactions;

/// <summary>Requests that are passed by others at one certain place.</summary>
public sealed class LateRequestTests
{
    private readonly TransactionWorld _world = new();

    [Fact]
    public async Task Whoever_begins_finishes_what_was_decided_first()
    {
        var step = await BegunAsync(_world.First);
        await _world.ProduceAsync(_world.First, step, (0, "a"));
        await DecideOnlyAsync(step);

        var next = Ok(await _world.Second.Transactions.BeginAsync(step with { Epoch = null }, default));

        Assert.Equal(1, next.ProducerEpoch);
        Assert.Equal(["a"], await _world.ReadAsync());
    }

    [Fact]
    public async Task The_other_end_of_what_was_decided_is_refused_though_nobody_has_finished_it()
    {
        var step = await BegunAsync(_world.First);
        await _world.ProduceAsync(_world.First, step, (0, "a"));
        await DecideOnlyAsync(step);

        Assert.Equal(ErrorCode.InvalidTxnState, await EndAsync(_world.Second, step, commit: false));
        Assert.False(Ok(await _world.Second.Transactions.AbortAsync(Id, default)));

        Assert.Equal(["a"], await _world.ReadAsync());
    }

    [Fact]
    public async Task An_old_instance_begins_nothing_while_a_new_one_is_coming()
    {
        var old = await BegunAsync(_world.First);
        await _world.ProduceAsync(_world.First, old, (0, "a"));
        var init = _world.Start();
        var error = ErrorCode.None;
        Between(init, call: 3, async () => error = (await _world.First.Transactions.BeginAsync(old with { Epoch = null }, default)).Error);

        await InitAsync(init);

        Assert.Equal(ErrorCode.ProducerFenced, error);
    }

    [Fact]
    public async Task A_request_that_names_no_epoch_stays_with_the_transaction_that_it_found()
    {
        var instance = await InitAsync(_world.First);
        var step = new TransactionStep(Id, instance.InstanceId);
        Ok(await _world.First.Transactions.BeginAsync(step, default));
        var late = _world.Start();
        Between(late, call: 2, async () =>
        {
            Assert.Equal(ErrorCode.None, await EndAsync(_world.First, step, commit: false));
            Ok(await _world.First.Transactions.BeginAsync(step, default));
        });

        Assert.Equal(ErrorCode.InvalidTxnState, await _world.ProduceAsync(late, step, (0, "late")));

        Assert.Equal(ErrorCode.None, await EndAsync(_world.First, step, commit: true));
        Assert.Empty(await _world.ReadAsync());
    }

    [Fact]
    public async Task An_append_that_comes_after_the_marker_is_refused_by_the_log()
    {
        var instance = await InitAsync(_world.First);
        var step = await BegunAsync(_world.First, instance);
        await _world.ProduceAsync(_world.First, step, (0, "a"));
        var late = _world.Start();
        Assert.Equal(ErrorCode.None, await _world.ProduceAsync(late, step, (0, "b")));
        Assert.Equal(ErrorCode.None, await EndAsync(_world.First, step, commit: true));
        var next = await BegunAsync(_world.First, instance);

        // It knows the transaction as open still, and asks nobody but the log.
        Assert.Equal(ErrorCode.InvalidTxnState, await _world.ProduceAsync(late, step, (0, "late")));

        await _world.ProduceAsync(_world.First, next, (0, "c"));
        Assert.Equal(ErrorCode.None, await EndAsync(_world.First, next, commit: true));
        Assert.Equal(["a", "b", "c"], await _world.ReadAsync());
    }

    [Fact]
    public async Task An_append_to_a_partition_that_has_nothing_of_the_transaction_yet_is_fenced_too()
    {
        var step = await BegunAsync(_world.First);
        var late = _world.Start();
        Assert.Equal(ErrorCode.None, await _world.ProduceAsync(late, step, (0, "a")));
        var calls = 0;
        var decided = false;

        // After its partition is registered, and before its append.
        late.Stores.Before = async () =>
        {
            if (++calls > 1 && !decided)
            {
                decided = true;
                _world.Clock.Advance(TimeSpan.FromMinutes(2));
                await SweepAsync(_world.Second);
            }
        };

        Assert.Equal(ErrorCode.InvalidTxnState, await _world.ProduceAsync(late, step, (1, "late")));

        Assert.True(decided);
        Assert.Equal(["a"], await _world.ReadAsync(isolation: Core.Groups.IsolationLevel.ReadUncommitted));
        Assert.Equal(1, (await _world.MarksAsync(1)).LogEndOffset);
    }

    [Theory]
    [InlineData((int)Failure.LostReply)]
    [InlineData((int)Failure.LostRequest)]
    [InlineData((int)Failure.Late)]
    [InlineData((int)Failure.Twice)]
    public async Task A_lost_reply_is_answered_truly(int failure)
    {
        for (var at = 1; at <= 4; at++)
        {
            var world = new TransactionWorld(at);
            var by = world.Start();
            var instance = await InitAsync(world.First);
            (by.Stores.At, by.Stores.Failure) = (at, (Failure)failure);
            var step = await BegunAsync(by, instance);
            Assert.Equal((short)0, step.Epoch);

            // Nothing is in it: its end is decided and finished without a marker. A closing that took effect is no unknown instance.
            Assert.Equal(ErrorCode.None, await EndAsync(by, step, commit: true));
            Ok(await by.Transactions.CloseAsync(Id, instance.InstanceId, default));
            var next = await InitAsync(by);
            await by.Stores.DrainAsync();

            Assert.Equal(((short)2, next.InstanceId), (next.ProducerEpoch, (await world.First.Transactions.FindAsync(Id, default))!.InstanceId));
        }
    }

    [Fact]
    public async Task Who_is_late_to_finish_one_transaction_does_not_take_the_next_for_it()
    {
        var step = await BegunAsync(_world.First);
        await _world.ProduceAsync(_world.First, step, (0, "a"));
        var finisher = _world.Start();
        var isPassed = false;
        finisher.Stores.Before = async () =>
        {
            // Its decision and its marker are made.
            if (finisher.Stores.Changes == 2 && !isPassed)
            {
                isPassed = true;
                var next = Ok(await _world.First.Transactions.BeginAsync(step with { Epoch = null }, default));
                var nextStep = step with { Epoch = next.ProducerEpoch };
                Assert.Equal(ErrorCode.None, await _world.ProduceAsync(_world.First, nextStep, (1, "next")));
                await DecideOnlyAsync(nextStep);
            }
        };

        Assert.Equal(ErrorCode.None, await EndAsync(finisher, step, commit: true));

        Assert.True(isPassed);
        Assert.Equal(TransactionState.PrepareCommit, await _world.StateAsync());
        await _world.RecoverAsync();
        Assert.Equal(["a", "next"], await _world.ReadAsync());
    }

    private async Task DecideOnlyAsync(TransactionStep step)
    {
        var decider = _world.Start();
        (decider.Stores.At, decider.Stores.Failure) = (2, Failure.CrashBefore);
        await Assert.ThrowsAsync<CrashException>(() => EndAsync(decider, step, commit: true));
        Assert.Equal(TransactionState.PrepareCommit, await _world.StateAsync());
    }

    private static void Between(Process by, int call, Func<Task> meanwhile)
    {
        var calls = 0;
        by.Stores.Before = () => ++calls == call ? meanwhile() : Task.CompletedTask;
    }
}
