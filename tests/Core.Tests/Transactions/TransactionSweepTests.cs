using Serverless.Core.Storage;
using Serverless.Core.Transactions;
using Xunit;
using static Serverless.Core.Tests.Transactions.TransactionWorld;

namespace Serverless.Core.Tests.Transactions;

public sealed class TransactionSweepTests
{
    private readonly TransactionWorld _world = new();

    [Fact]
    public async Task A_transaction_whose_time_is_over_is_aborted_and_its_instance_begins_anew()
    {
        var instance = await InitAsync(_world.First, TimeSpan.FromSeconds(30));
        var step = await BegunAsync(_world.First, instance);
        await _world.ProduceAsync(_world.First, step, (0, "a"));
        _world.Clock.Advance(TimeSpan.FromSeconds(30));
        await SweepAsync(_world.Second);
        Assert.Equal(TransactionState.Ongoing, await _world.StateAsync());

        _world.Clock.Advance(TimeSpan.FromSeconds(1.1));
        await SweepAsync(_world.Second);

        Assert.Equal(TransactionState.CompleteAbort, await _world.StateAsync());
        Assert.Equal(ErrorCode.InvalidTxnState, await _world.ProduceAsync(_world.First, step, (0, "b")));
        Assert.Equal(ErrorCode.InvalidTxnState, await EndAsync(_world.First, step, commit: true));
        Assert.Equal(ErrorCode.None, await EndAsync(_world.First, step, commit: false));
        var next = await BegunAsync(_world.First, instance);
        await _world.ProduceAsync(_world.First, next, (0, "c"));
        Assert.Equal(ErrorCode.None, await EndAsync(_world.First, next, commit: true));
        Assert.Equal(["c"], await _world.ReadAsync());
    }

    [Fact]
    public async Task A_commit_that_comes_before_the_sweep_counts_though_the_time_is_over()
    {
        var step = await BegunAsync(_world.First);
        await _world.ProduceAsync(_world.First, step, (0, "a"));
        _world.Clock.Advance(TimeSpan.FromMinutes(3));

        Assert.Equal(ErrorCode.None, await EndAsync(_world.First, step, commit: true));
        await SweepAsync(_world.Second);

        Assert.Equal(["a"], await _world.ReadAsync());
    }

    [Fact]
    public async Task Ids_that_nobody_uses_are_forgotten_after_a_week_and_none_that_is_open()
    {
        await InitAsync(_world.First);
        _world.Clock.Advance(TimeSpan.FromDays(6));
        var used = Ok(await _world.First.Transactions.InitAsync("used", null, default));
        _world.Clock.Advance(TimeSpan.FromDays(1.1));
        var step = await BegunAsync(_world.First, used, "used");
        await SweepAsync(_world.Second);

        Assert.Null(await _world.Second.Transactions.FindAsync(Id, default));
        Assert.Equal(TransactionState.Ongoing, await _world.StateAsync("used"));
        Assert.Equal(4003, (await InitAsync(_world.First)).ProducerId);
        Assert.Equal(ErrorCode.None, await EndAsync(_world.First, step, commit: true));
    }

    [Fact]
    public async Task Many_ids_are_swept_page_by_page()
    {
        var world = new TransactionWorld { Options = new TransactionOptions { SweepRowsMax = 3 } };
        var by = world.Start();
        for (var id = 0; id < 60; id++)
        {
            var step = await BegunAsync(by, Ok(await by.Transactions.InitAsync($"id{id}", null, default)), $"id{id}");
            Assert.Equal(ErrorCode.None, await world.ProduceAsync(by, step, (id % 2, $"{id}")));
        }

        world.Clock.Advance(TimeSpan.FromMinutes(2));
        await SweepAsync(world.Start());

        var page = await by.Transactions.ListAsync(null, 100, default);
        Assert.Equal(60, page.Transactions.Count(each => each.State == TransactionState.CompleteAbort));
        Assert.Empty(await world.ReadAsync());
        Assert.Equal((await world.MarksAsync(0)).LogEndOffset, (await world.MarksAsync(0)).LastStableOffset);
    }

    [Fact]
    public async Task One_that_cannot_be_finished_keeps_no_other_waiting()
    {
        string[] ids = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"];
        foreach (var id in ids)
        {
            var step = await BegunAsync(_world.First, Ok(await _world.First.Transactions.InitAsync(id, null, default)), id);
            Assert.Equal(ErrorCode.None, await _world.ProduceAsync(_world.First, step, (id == "d" ? 1 : 0, id)));
        }

        var sweeper = _world.Start();
        sweeper.Stores.Unreachable = $"{_world.Out.Id}/00001";
        _world.Clock.Advance(TimeSpan.FromMinutes(2));
        await SweepAsync(sweeper);

        foreach (var id in ids)
        {
            Assert.Equal(
                (id, id == "d" ? TransactionState.PrepareAbort : TransactionState.CompleteAbort), (id, await _world.StateAsync(id)));
        }

        await _world.RecoverAsync();
        Assert.Equal(TransactionState.CompleteAbort, await _world.StateAsync("d"));
    }

    [Fact]
    public async Task A_log_that_is_wrong_keeps_its_own_marker_from_nobody_else_and_no_transaction_for_ever()
    {
        var world = new TransactionWorld();
        var wide = world.Topics.Make("wide", 40);
        var step = await BegunAsync(world.First);
        await ProduceAsync(world.First, step, wide, [.. Enumerable.Range(0, 40).Select(partition => (partition, "a"))]);
        var segment = Layout.Segment(wide.Id, 0, 0);
        var size = (await world.Blobs.ListAsync(segment, null, 1, default)).Items[0].Size;
        await world.Blobs.AppendAsync(segment, size, new byte[100], default);

        await Assert.ThrowsAsync<CorruptLogException>(() => EndAsync(world.First, step, commit: true));
        for (var partition = 1; partition < 40; partition++)
        {
            Assert.Empty(await world.Second.Logs.OpenTransactionsAsync(wide, partition, default));
        }

        // Its topic is all that can go.
        await world.Second.Logs.CloseAsync(wide.Id, 0, default);

        Assert.Equal(ErrorCode.None, await EndAsync(world.Start(), step, commit: true));
    }
}
