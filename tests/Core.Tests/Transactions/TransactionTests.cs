using Serverless.Core.Groups;
using Serverless.Core.Transactions;
using Xunit;
using static Serverless.Core.Tests.Transactions.TransactionWorld;

namespace Serverless.Core.Tests.Transactions;

public sealed class TransactionTests
{
    private readonly TransactionWorld _world = new();

    [Fact]
    public async Task A_commit_shows_all_records_of_all_partitions_and_counts_the_offsets()
    {
        var step = await BegunAsync(_world.First);
        Assert.Equal(ErrorCode.None, await _world.ProduceAsync(_world.First, step, (0, "a"), (1, "b")));
        Assert.Equal(ErrorCode.None, await ProduceAsync(_world.Second, step, _world.In, (1, "c")));
        Assert.Equal(ErrorCode.None, await AddOffsetAsync(_world.Second, step, 7));
        Assert.Empty(await _world.ReadAsync());
        Assert.Equal(-1, await _world.CommittedAsync());

        Assert.Equal(ErrorCode.None, await EndAsync(_world.First, step, commit: true));

        Assert.Equal(["a", "b"], await _world.ReadAsync());
        Assert.Equal(["c"], await _world.ReadAsync(_world.In));
        Assert.Equal(7, await _world.CommittedAsync());
        Assert.Equal(TransactionState.CompleteCommit, await _world.StateAsync());
    }

    [Fact]
    public async Task An_abort_leaves_nothing_for_readers_of_what_is_committed()
    {
        var step = await BegunAsync(_world.First);
        await _world.ProduceAsync(_world.First, step, (0, "a"), (1, "b"));
        await AddOffsetAsync(_world.First, step, 7);

        Assert.Equal(ErrorCode.None, await EndAsync(_world.Second, step, commit: false));

        Assert.Empty(await _world.ReadAsync());
        Assert.Equal(["a", "b"], await _world.ReadAsync(isolation: IsolationLevel.ReadUncommitted));
        Assert.Equal(-1, await _world.CommittedAsync());
        Assert.Equal((2, 2), ((await _world.MarksAsync(0)).LogEndOffset, (await _world.MarksAsync(0)).LastStableOffset));
    }

    [Fact]
    public async Task Each_transaction_has_the_next_epoch()
    {
        var instance = await InitAsync(_world.First);
        for (short epoch = 0; epoch < 5; epoch++)
        {
            var by = epoch % 2 == 0 ? _world.First : _world.Second;
            var step = await BegunAsync(by, instance);
            Assert.Equal(epoch, step.Epoch);
            Assert.Equal(ErrorCode.None, await _world.ProduceAsync(_world.First, step, (0, $"{epoch}")));
            Assert.Equal(ErrorCode.None, await EndAsync(_world.Second, step, commit: epoch != 2));
        }

        Assert.Equal(["0", "1", "3", "4"], await _world.ReadAsync());
    }

    [Fact]
    public async Task A_step_that_names_no_epoch_is_of_the_transaction_that_is_open_when_it_comes()
    {
        var instance = await InitAsync(_world.First);
        var step = new TransactionStep(Id, instance.InstanceId);
        foreach (var by in new[] { _world.First, _world.Second, _world.First })
        {
            Ok(await by.Transactions.BeginAsync(step, default));
            Assert.Equal(ErrorCode.None, await _world.ProduceAsync(_world.First, step, (0, "a")));
            Assert.Equal(ErrorCode.None, await _world.ProduceAsync(_world.Second, step, (0, "b")));
            Assert.Equal(ErrorCode.None, await EndAsync(by, step, commit: true));
        }

        Assert.Equal(["a", "b", "a", "b", "a", "b"], await _world.ReadAsync());
    }

    [Fact]
    public async Task A_new_instance_aborts_what_the_older_left_open_and_fences_it()
    {
        var old = await BegunAsync(_world.First);
        await _world.ProduceAsync(_world.First, old, (0, "old"));

        var instance = await InitAsync(_world.Second);

        Assert.Equal(TransactionState.Empty, await _world.StateAsync());
        Assert.Empty(await _world.ReadAsync());
        Assert.Equal(1, (await _world.MarksAsync(0)).LastStableOffset - 1);
        foreach (var by in new[] { _world.First, _world.Second })
        {
            Assert.Equal(ErrorCode.ProducerFenced, await _world.ProduceAsync(by, old, (0, "late")));
            Assert.Equal(ErrorCode.ProducerFenced, await AddOffsetAsync(by, old, 3));
            Assert.Equal(ErrorCode.ProducerFenced, await EndAsync(by, old, commit: true));
            Assert.Equal(ErrorCode.ProducerFenced, (await by.Transactions.BeginAsync(old, default)).Error);
            Assert.Equal(ErrorCode.ProducerFenced, (await by.Transactions.CloseAsync(Id, old.Instance, default)).Error);
            Assert.Equal(
                TransactionState.Fenced, Ok(await by.Transactions.DescribeAsync(Id, old.Instance, default)).State);
        }

        var step = await BegunAsync(_world.Second, instance);
        await _world.ProduceAsync(_world.Second, step, (0, "new"));
        Assert.Equal(ErrorCode.None, await EndAsync(_world.Second, step, commit: true));
        Assert.Equal(["new"], await _world.ReadAsync());
    }

    [Fact]
    public async Task No_two_instances_have_the_same_id_and_epoch()
    {
        var instances = new HashSet<(long, short)>();
        for (var round = 0; round < 5; round++)
        {
            var instance = await InitAsync(round % 2 == 0 ? _world.First : _world.Second);
            Assert.True(instances.Add((instance.ProducerId, instance.ProducerEpoch)));
            Assert.Equal($"{instance.ProducerId}-{instance.ProducerEpoch}", instance.InstanceId);
            if (round is 1 or 3)
            {
                await BegunAsync(_world.Second, instance);
            }
        }
    }

    [Fact]
    public async Task Ending_again_gives_the_same_answer_and_the_other_end_is_refused()
    {
        var step = await BegunAsync(_world.First);
        Assert.Equal(ErrorCode.None, await EndAsync(_world.First, step, commit: true));
        Assert.Equal(ErrorCode.None, await EndAsync(_world.Second, step, commit: true));
        Assert.Equal(ErrorCode.InvalidTxnState, await EndAsync(_world.Second, step, commit: false));

        var next = Ok(await _world.First.Transactions.BeginAsync(step with { Epoch = null }, default));
        Assert.Equal(1, next.ProducerEpoch);
        Assert.Equal(ErrorCode.None, await EndAsync(_world.Second, step, commit: true));
        Assert.Equal(ErrorCode.InvalidTxnState, await EndAsync(_world.Second, step, commit: false));
        Assert.Equal(TransactionState.Ongoing, await _world.StateAsync());
    }

    [Fact]
    public async Task Beginning_again_is_the_same_transaction_until_something_is_in_it()
    {
        var step = await BegunAsync(_world.First);
        Assert.Equal(step.Epoch, Ok(await _world.Second.Transactions.BeginAsync(step, default)).ProducerEpoch);

        await _world.ProduceAsync(_world.First, step, (0, "a"));

        Assert.Equal(ErrorCode.InvalidTxnState, (await _world.Second.Transactions.BeginAsync(step, default)).Error);
    }

    [Fact]
    public async Task Nothing_is_added_or_ended_before_a_transaction_is_begun()
    {
        var instance = await InitAsync(_world.First);
        var step = new TransactionStep(Id, instance.InstanceId);

        Assert.Equal(ErrorCode.InvalidTxnState, await _world.ProduceAsync(_world.First, step, (0, "a")));
        Assert.Equal(ErrorCode.InvalidTxnState, await AddOffsetAsync(_world.First, step, 1));
        Assert.Equal(ErrorCode.InvalidTxnState, await EndAsync(_world.First, step, commit: true));
        Assert.Empty(await _world.ReadAsync(isolation: IsolationLevel.ReadUncommitted));
        Assert.Empty(await _world.First.Groups.GroupOffsetsAsync(Group, null, default));
        Assert.Null(await _world.First.Groups.DescribeAsync(Group, default));
    }

    [Fact]
    public async Task An_id_or_instance_that_nobody_gave_out_is_unknown()
    {
        var step = new TransactionStep(Id, "4001-0");
        Assert.Equal(ErrorCode.UnknownProducerId, (await _world.First.Transactions.BeginAsync(step, default)).Error);
        Assert.Equal(ErrorCode.UnknownProducerId, (await _world.First.Transactions.AbortAsync(Id, default)).Error);
        Assert.Null(await _world.First.Transactions.FindAsync(Id, default));

        await InitAsync(_world.First);

        foreach (var name in new[] { "4001-9", "x", "", "4001-0 ", "-1-0", "4001-40000" })
        {
            var answer = await _world.First.Transactions.DescribeAsync(Id, name, default);
            Assert.Equal((name, ErrorCode.UnknownProducerId), (name, answer.Error));
        }
    }

    [Fact]
    public async Task A_closed_instance_is_no_more_and_what_it_had_open_is_aborted()
    {
        var step = await BegunAsync(_world.First);
        await _world.ProduceAsync(_world.First, step, (0, "a"));

        Ok(await _world.Second.Transactions.CloseAsync(Id, step.Instance, default));

        Assert.Empty(await _world.ReadAsync());
        Assert.Equal(2, (await _world.MarksAsync(0)).LastStableOffset);
        Assert.Equal(ErrorCode.UnknownProducerId, await _world.ProduceAsync(_world.First, step, (0, "b")));
        Assert.Equal(ErrorCode.UnknownProducerId, (await _world.First.Transactions.BeginAsync(step, default)).Error);
        Assert.Equal(ErrorCode.UnknownProducerId, (await _world.First.Transactions.CloseAsync(Id, step.Instance, default)).Error);
        var next = await InitAsync(_world.First);
        Assert.Equal((4001L, (short)2), (next.ProducerId, next.ProducerEpoch));
    }

    [Fact]
    public async Task An_operator_aborts_whatever_is_open()
    {
        var step = await BegunAsync(_world.First);
        await _world.ProduceAsync(_world.First, step, (0, "a"));

        Assert.True(Ok(await _world.Second.Transactions.AbortAsync(Id, default)));
        Assert.False(Ok(await _world.Second.Transactions.AbortAsync(Id, default)));

        Assert.Equal(TransactionState.CompleteAbort, await _world.StateAsync());
        Assert.Equal(ErrorCode.InvalidTxnState, await _world.ProduceAsync(_world.First, step, (0, "b")));
        Assert.Equal(ErrorCode.InvalidTxnState, await EndAsync(_world.First, step, commit: true));
        Assert.Equal(ErrorCode.None, await EndAsync(_world.First, step, commit: false));
    }

    [Fact]
    public async Task A_timeout_outside_of_the_bounds_is_refused()
    {
        foreach (var timeout in new[] { TimeSpan.Zero, TimeSpan.FromMilliseconds(-1), TimeSpan.FromMinutes(15.1) })
        {
            Assert.Equal(
                ErrorCode.InvalidTransactionTimeout, (await _world.First.Transactions.InitAsync(Id, timeout, default)).Error);
        }

        Assert.Null(await _world.First.Transactions.FindAsync(Id, default));
    }

    [Fact]
    public async Task A_topic_that_is_gone_is_no_hindrance_and_one_made_anew_is_another()
    {
        var step = await BegunAsync(_world.First);
        await _world.ProduceAsync(_world.First, step, (0, "a"));
        _world.Topics.Remove("out");
        var anew = _world.Topics.Make("out", 2);
        Assert.Equal(ErrorCode.None, await ProduceAsync(_world.First, step, anew, (1, "b")));

        Assert.Equal(ErrorCode.None, await EndAsync(_world.Second, step, commit: true));

        Assert.Equal(["b"], await _world.ReadAsync(anew));
    }

    [Fact]
    public async Task A_transaction_has_a_limit_of_partitions()
    {
        var world = new TransactionWorld { Options = new TransactionOptions { PartitionsMax = 2 } };
        var small = world.Start();
        var step = await BegunAsync(small);
        Assert.Equal(ErrorCode.None, await world.ProduceAsync(small, step, (0, "a"), (1, "b")));

        Assert.Equal(ErrorCode.PolicyViolation, await ProduceAsync(small, step, world.In, (0, "c")));

        Assert.Equal(ErrorCode.None, await EndAsync(small, step, commit: true));
        Assert.Equal(["a", "b"], await world.ReadAsync());
    }

    [Fact]
    public async Task When_epochs_run_out_an_instance_goes_on_with_another_producer_id()
    {
        var world = new TransactionWorld { Options = new TransactionOptions { EpochMax = 3 } };
        var few = world.Start();
        var instance = await InitAsync(few);
        var seen = new HashSet<(long, short)>();
        for (var round = 0; round < 8; round++)
        {
            var begun = Ok(await few.Transactions.BeginAsync(new(Id, instance.InstanceId), default));
            Assert.True(seen.Add((begun.ProducerId, begun.ProducerEpoch)));
            var step = new TransactionStep(Id, instance.InstanceId, begun.ProducerEpoch);
            Assert.Equal(ErrorCode.None, await world.ProduceAsync(few, step, (0, $"{round}")));
            Assert.Equal(ErrorCode.None, await EndAsync(few, step, commit: true));
            Assert.Equal(ErrorCode.None, await EndAsync(few, step, commit: true));
        }

        Assert.Equal(8, (await world.ReadAsync()).Count);
        Assert.Equal(3, seen.Select(each => each.Item1).Distinct().Count());
        for (var round = 0; round < 8; round++)
        {
            Assert.True((await InitAsync(few)).ProducerEpoch <= 3);
        }
    }

    [Fact]
    public async Task All_ids_are_listed_by_name_in_pages()
    {
        string[] names = ["a", "b", "c d", "ä", "zz", .. Enumerable.Range(0, 25).Select(number => $"n{number:D2}")];
        foreach (var name in names)
        {
            Ok(await _world.First.Transactions.InitAsync(name, null, default));
        }

        var listed = new List<string>();
        string? after = null;
        for (var more = true; more;)
        {
            var page = await _world.Second.Transactions.ListAsync(after, 4, default);
            Assert.InRange(page.Transactions.Count, 1, 4);
            listed.AddRange(page.Transactions.Select(each => each.TransactionalId));
            (after, more) = (listed[^1], page.More);
        }

        Assert.Equal(names.Order(), listed.Order());
        Assert.Equal(names.Length, listed.Distinct().Count());
    }

    [Fact]
    public async Task A_description_tells_what_is_in_the_transaction_and_when_it_is_over()
    {
        var step = await BegunAsync(_world.First);
        await _world.ProduceAsync(_world.First, step, (1, "a"));
        await AddOffsetAsync(_world.First, step, 1);

        var description = Ok(await _world.Second.Transactions.DescribeAsync(Id, step.Instance, default));

        Assert.Equal(TransactionState.Ongoing, description.State);
        Assert.Equal([new TopicPartition("out", 1)], description.Partitions);
        Assert.Equal([Group], description.Groups);
        Assert.Equal(TimeSpan.FromSeconds(60), description.ExpiresAt - description.StartedAt);
    }
}
