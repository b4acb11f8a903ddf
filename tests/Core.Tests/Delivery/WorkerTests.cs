using Serverless.Core.Delivery;
using Serverless.Core.Storage;
using Serverless.Core.Tests.Transactions;
using Xunit;

namespace Serverless.Core.Tests.Delivery;

public sealed class WorkerTests
{
    private readonly DeliveryWorld _world = new();

    [Fact]
    public void All_records_are_sent_in_the_order_of_their_partition_and_then_the_worker_leaves() => _world.Run(async () =>
    {
        await _world.PutAsync(DeliveryWorld.Webhook with { RecordsMax = 3 });
        await _world.Log.FillAsync(0, 7);
        await _world.Log.FillAsync(1, 2);

        var end = await _world.WorkAsync();

        Assert.Equal(WorkEnd.Idle, end);
        Assert.Equal(["0-0", "0-1", "0-2", "0-3", "0-4", "0-5", "0-6"], _world.SentTo(0));
        Assert.Equal(["1-0", "1-1"], _world.SentTo(1));
        Assert.Equal((7, 2), (await _world.CommittedAsync(0), await _world.CommittedAsync(1)));
        Assert.Equal("EMPTY", (await _world.Log.Start().Groups.DescribeAsync(DeliveryWorld.Group, default))!.State);
    });

    [Fact]
    public void Trouble_of_storage_at_any_call_ends_no_worker_and_leaves_no_member_that_nobody_works_for()
    {
        var calls = CallsOfAWorker(troubleAt: null);

        Assert.True(calls > 20, $"{calls} calls");
        for (var at = 1; at <= calls; at++)
        {
            CallsOfAWorker(at);
        }
    }

    private static int CallsOfAWorker(int? troubleAt)
    {
        var (world, calls) = (new DeliveryWorld(), 0);
        world.Run(async () =>
        {
            await world.PutAsync(DeliveryWorld.Webhook);
            await world.Log.FillAsync(0, 3);
            var process = world.Log.Start();
            process.Stores.Before = () => ++calls == troubleAt
                ? throw new StorageException("The test lets nobody reach it.", retriable: true)
                : Task.CompletedTask;

            var end = await world.WorkAsync(process);

            Assert.Equal((troubleAt, WorkEnd.Idle), (troubleAt, end));
            Assert.Equal((troubleAt, 3), (troubleAt, await world.CommittedAsync(0)));
            Assert.Equal("EMPTY", (await world.Log.Start().Groups.DescribeAsync(DeliveryWorld.Group, default))!.State);
        });
        return calls;
    }

    [Fact]
    public void A_worker_that_reaches_no_storage_until_its_time_is_over_has_a_successor() => _world.Run(async () =>
    {
        await _world.PutAsync(DeliveryWorld.Webhook);
        var process = _world.Log.Start();
        process.Stores.Before = () => throw new StorageException("The test lets nobody reach it.", retriable: true);
        using var over = new CancellationTokenSource(_world.Options.Slice, _world.Clock);

        var end = await _world.WorkAsync(process, over: over.Token);
        await _world.Supervisor(process).FollowAsync(DeliveryWorld.Group, "__delivery-1", end, default);

        Assert.Equal(WorkEnd.TimeIsOver, end);
        Assert.Equal([(DeliveryWorld.Group, "__delivery-1")], _world.Started);
    });

    [Fact]
    public void Of_two_batches_in_a_row_one_transaction_ends_the_first_and_fixes_the_second() => _world.Run(async () =>
    {
        await _world.PutAsync(DeliveryWorld.Webhook with { RecordsMax = 1 });
        await _world.Log.FillAsync(0, 20);
        var before = _world.Log.Meter.Read();
        var calls = new List<(long Submits, long Total)>();
        _world.Answer = _ =>
        {
            var now = _world.Log.Meter.Read();
            calls.Add(((now - before).Submits, (now - before).Total));
            before = now;
            return new(new SendOutcome.Done());
        };

        await _world.WorkAsync();

        Assert.Equal(20, calls.Count);
        Assert.All(calls.Skip(1), made => Assert.Equal((1, 1), made));
    });

    [Fact]
    public void A_batch_whose_worker_died_comes_again_with_the_same_records_under_the_same_key() => _world.Run(async () =>
    {
        await _world.PutAsync(DeliveryWorld.Webhook);
        await _world.Log.FillAsync(0, 3);
        _world.Answer = async _ =>
        {
            // More comes before anybody goes on.
            await _world.Log.FillAsync(0, 5);
            throw new OperationCanceledException(new CancellationToken(true));
        };
        using var dies = new CancellationTokenSource();
        var first = _world.Answer;
        _world.Answer = async batch =>
        {
            dies.Cancel();
            return await first(batch);
        };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
            await _world.Worker(_world.Log.First).RunAsync(DeliveryWorld.Group, "__delivery-1", default, dies.Token));

        _world.Answer = null;
        _world.Clock.Advance(TimeSpan.FromMinutes(2));
        await _world.WorkAsync(_world.Log.Second, "__delivery-2");

        Assert.Equal(_world.Sent[0].Key, _world.Sent[1].Key);
        Assert.Equal(["0-0", "0-1", "0-2"], DeliveryWorld.Values(_world.Sent[1]));
        Assert.Equal(8, await _world.CommittedAsync(0));
        Assert.Equal(_world.Sent.Count, _world.Sent.Skip(1).Select(batch => batch.Key).Distinct().Count() + 1);
    });

    [Fact]
    public void A_batch_that_failed_is_tried_again_after_a_pause_and_its_offset_tells_why() => _world.Run(async () =>
    {
        await _world.PutAsync(DeliveryWorld.Webhook);
        await _world.Log.FillAsync(0, 2);
        var at = new List<TimeSpan>();
        RangeMark? told = null;
        _world.Answer = async _ =>
        {
            at.Add(_world.Clock.Elapsed);
            if (at.Count == 2)
            {
                var offset = await _world.OffsetAsync(0);
                told = RangeMark.Of(new(offset.Offset, offset.Metadata));
            }

            return at.Count < 3 ? new SendOutcome.Failed("503 Service Unavailable") : new SendOutcome.Done();
        };

        await _world.WorkAsync();

        Assert.Equal([1, 2, 3], _world.Sent.Select(batch => batch.Attempt));
        Assert.Single(_world.Sent.Select(batch => batch.Key).Distinct());
        Assert.True(at[1] - at[0] >= TimeSpan.FromSeconds(0.5));
        Assert.True(at[2] - at[1] >= TimeSpan.FromSeconds(1));
        Assert.Equal((1, "503 Service Unavailable", 0, 2), (told!.Attempts, told.Error, told.From, told.To));
        Assert.Equal(2, await _world.CommittedAsync(0));
    });

    [Fact]
    public void A_target_that_is_gone_pauses_the_delivery_and_moves_nothing() => _world.Run(async () =>
    {
        await _world.PutAsync(DeliveryWorld.Webhook);
        await _world.Log.FillAsync(0, 2);
        _world.Answer = _ => new(new SendOutcome.Gone("410 Gone"));

        var end = await _world.WorkAsync();

        Assert.Equal(WorkEnd.Stopped, end);
        Assert.Single(_world.Sent);
        var delivery = await _world.Deliveries(_world.Log.Second).FindAsync(DeliveryWorld.Group, default);
        Assert.Equal((true, "410 Gone"), (delivery!.Paused, delivery.PausedBecause));
        Assert.Equal(0, await _world.CommittedAsync(0));
    });

    [Fact]
    public void A_worker_that_was_overtaken_moves_nothing_even_where_it_has_the_partition_again() => _world.Run(async () =>
    {
        await _world.PutAsync(DeliveryWorld.Webhook with { RecordsMax = 2 });
        await _world.Log.FillAsync(0, 6);
        var (others, isFirst) = (0, true);
        _world.Answer = async _ =>
        {
            if (isFirst)
            {
                isFirst = false;

                // It sleeps in the middle of a request. Others deliver everything, in its own name too.
                _world.Clock.Advance(TimeSpan.FromMinutes(2));
                await _world.WorkAsync(_world.Log.Second, "__delivery-2");
                others = _world.Sent.Count;
            }

            return new SendOutcome.Done();
        };

        await _world.WorkAsync();

        Assert.Equal(4, others);
        Assert.Equal(_world.Sent[0].Key, _world.Sent[1].Key);
        Assert.Equal(4, _world.Sent.Count);
        Assert.Equal(6, await _world.CommittedAsync(0));
    });

    [Fact]
    public void Workers_of_one_name_send_the_same_ranges_under_the_same_keys() => _world.Run(async () =>
    {
        await _world.PutAsync(DeliveryWorld.Webhook with { RecordsMax = 2 });
        await _world.Log.FillAsync(0, 8);
        var depth = 0;
        _world.Answer = async _ =>
        {
            if (depth++ == 1)
            {
                await _world.WorkAsync(_world.Log.Second);
            }

            return new SendOutcome.Done();
        };

        await _world.WorkAsync();

        var ranges = _world.Sent.Select(batch => (batch.FirstOffset, batch.NextOffset)).Distinct().Order();
        Assert.Equal([(0, 2), (2, 4), (4, 6), (6, 8)], ranges);
        Assert.Equal(4, _world.Sent.Select(batch => batch.Key).Distinct().Count());
    });

    [Fact]
    public void What_no_reader_of_committed_records_sees_is_not_sent_and_does_not_lag() => _world.Run(async () =>
    {
        await _world.PutAsync(DeliveryWorld.Webhook with { Subscription = new(["out"], null) });
        var (log, by) = (_world.Log, _world.Log.First);
        var aborted = await TransactionWorld.BegunAsync(by);
        await log.ProduceAsync(by, aborted, (0, "aborted"));
        await TransactionWorld.EndAsync(by, aborted, commit: false);
        var committed = await TransactionWorld.BegunAsync(by);
        await log.ProduceAsync(by, committed, (0, "committed"));
        await TransactionWorld.EndAsync(by, committed, commit: true);

        await _world.WorkAsync();

        Assert.Equal(["committed"], _world.SentTo(0));
        var lag = await by.Groups.LagsAsync(DeliveryWorld.Group, default);
        Assert.All(lag, partition => Assert.Equal(0, partition.Lag));
    });

    [Fact]
    public void A_worker_does_not_leave_while_a_batch_waits_for_more() => _world.Run(async () =>
    {
        await _world.PutAsync(DeliveryWorld.Webhook with { Linger = TimeSpan.FromSeconds(20) });

        var work = _world.WorkAsync();
        await Task.Delay(TimeSpan.FromSeconds(5), _world.Clock);
        await _world.Log.FillAsync(0, 1);
        await work;

        Assert.Equal(["0-0"], _world.SentTo(0));
    });

    [Fact]
    public void A_batch_that_has_no_room_for_what_is_there_already_waits_for_nothing() => _world.Run(async () =>
    {
        await _world.PutAsync(DeliveryWorld.Webhook with { Linger = TimeSpan.FromSeconds(30) });
        for (var record = 0; record < 4; record++)
        {
            await _world.AppendAsync("in", 0, new string('x', 700_000));
        }

        var at = new List<TimeSpan>();
        _world.Answer = _ =>
        {
            at.Add(_world.Clock.Elapsed);
            return new(new SendOutcome.Done());
        };

        await _world.WorkAsync();

        Assert.Equal(4, at.Count);
        Assert.True(at[2] - at[0] < TimeSpan.FromSeconds(5));
    });

    [Fact]
    public void A_worker_does_not_leave_while_records_wait_for_more() => _world.Run(async () =>
    {
        await _world.PutAsync(DeliveryWorld.Webhook with { Linger = TimeSpan.FromSeconds(30) });
        await _world.Log.FillAsync(0, 1);
        Task? later = null;
        _world.Answer = _ =>
        {
            later ??= LaterAsync();
            return new(new SendOutcome.Done());
        };

        await _world.WorkAsync();

        await later!;
        Assert.Equal(["0-0", "0-0"], _world.SentTo(0));

        async Task LaterAsync()
        {
            await Task.Delay(_world.Options.IdleMax / 2, _world.Clock);
            await _world.Log.FillAsync(0, 1);
        }
    });

    [Fact]
    public void A_log_that_cannot_be_read_for_a_while_costs_no_more_than_a_look_now_and_then() => _world.Run(async () =>
    {
        await _world.PutAsync(DeliveryWorld.Webhook);
        await _world.Log.FillAsync(0, 1);
        var by = _world.Log.Start();
        Task<long>? submits = null;
        _world.Answer = async _ =>
        {
            if (submits is null)
            {
                by.Stores.Unreachable = "";
                await _world.Log.FillAsync(0, 1);
                submits = AMinuteAsync();
            }

            return new SendOutcome.Done();
        };

        Assert.Equal(WorkEnd.Idle, await _world.WorkAsync(by));

        Assert.Equal(2, _world.Sent.Count);
        Assert.InRange(await submits!, 10, 70);

        async Task<long> AMinuteAsync()
        {
            var before = _world.Log.Meter.Read();
            await Task.Delay(TimeSpan.FromMinutes(1), _world.Clock);
            by.Stores.Unreachable = null;
            return (_world.Log.Meter.Read() - before).Submits;
        }
    });
}
