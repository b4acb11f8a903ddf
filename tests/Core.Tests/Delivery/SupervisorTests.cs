using Microsoft.Extensions.Logging.Abstractions;
using Serverless.Core.Delivery;
using Serverless.Core.Tests.Transactions;
using Xunit;

namespace Serverless.Core.Tests.Delivery;

public sealed class SupervisorTests
{
    private readonly DeliveryWorld _world = new();

    [Fact]
    public async Task Where_there_is_nothing_to_do_nobody_is_started()
    {
        await _world.PutAsync(DeliveryWorld.Webhook);

        await _world.Supervisor(_world.Log.First).LookAsync(default);

        Assert.Empty(_world.Started);
    }

    [Fact]
    public async Task One_worker_is_started_for_every_four_partitions_with_something_to_do_and_no_more_than_allowed()
    {
        _world.Log.Topics.Grow("in", 12);
        await _world.PutAsync(DeliveryWorld.Webhook);
        for (var partition = 0; partition < 9; partition++)
        {
            await _world.AppendAsync("in", partition, "x");
        }

        await _world.Supervisor(_world.Log.First).LookAsync(default);
        Assert.Equal(3, _world.Started.Select(worker => worker.Instance).Distinct().Count());

        _world.Started.Clear();
        await _world.PutAsync(DeliveryWorld.Webhook with { WorkersMax = 2 });
        await _world.Supervisor(_world.Log.First).LookAsync(default);
        Assert.Equal(2, _world.Started.Count);
    }

    [Fact]
    public async Task Who_works_already_is_not_started_again_until_its_session_is_over()
    {
        await _world.PutAsync(DeliveryWorld.Webhook);
        await _world.Log.FillAsync(0, 1);
        var settings = new Core.Groups.ConsumerSettings { SessionTimeout = _world.Options.SessionTimeout };
        await TransactionWorld.JoinAsync(_world.Log.First, "__delivery-1", settings);

        await _world.Supervisor(_world.Log.First).LookAsync(default);
        Assert.Empty(_world.Started);

        _world.Clock.Advance(_world.Options.SessionTimeout + TimeSpan.FromSeconds(2));
        await _world.Supervisor(_world.Log.First).LookAsync(default);
        Assert.Single(_world.Started);
    }

    [Fact]
    public async Task Two_looks_at_once_start_no_more_than_one_does_and_who_never_came_is_made_up_for()
    {
        await _world.PutAsync(DeliveryWorld.Webhook);
        await _world.Log.FillAsync(0, 1);
        var supervisor = _world.Supervisor(_world.Log.First);

        await Task.WhenAll(supervisor.LookAsync(default).AsTask(), supervisor.LookAsync(default).AsTask());
        Assert.Single(_world.Started);

        _world.Clock.Advance(TimeSpan.FromSeconds(16));
        await supervisor.LookAsync(default);
        Assert.Equal(2, _world.Started.Count);
    }

    [Fact]
    public async Task Consumers_that_are_no_workers_do_not_count()
    {
        await _world.PutAsync(DeliveryWorld.Webhook);
        await _world.Log.FillAsync(0, 1);
        await TransactionWorld.JoinAsync(_world.Log.First, "somebody");

        await _world.Supervisor(_world.Log.First).LookAsync(default);

        Assert.Single(_world.Started);
    }

    [Fact]
    public void A_batch_that_waits_for_its_next_attempt_needs_nobody_before() => _world.Run(async () =>
    {
        await _world.PutAsync(DeliveryWorld.Webhook with { Retry = new RetryPolicy { BackoffMin = TimeSpan.FromMinutes(5) } });
        await _world.Log.FillAsync(0, 1);
        _world.Answer = _ => new(new SendOutcome.Failed("503", TimeSpan.FromMinutes(5)));
        Assert.Equal(WorkEnd.Idle, await _world.WorkAsync());

        await _world.Supervisor(_world.Log.First).LookAsync(default);
        Assert.Empty(_world.Started);

        _world.Clock.Advance(TimeSpan.FromMinutes(6));
        await _world.Supervisor(_world.Log.First).LookAsync(default);
        Assert.Single(_world.Started);
    });

    [Fact]
    public async Task A_paused_delivery_has_nobody_started()
    {
        await _world.PutAsync(DeliveryWorld.Webhook);
        await _world.Log.FillAsync(0, 1);
        var delivery = await _world.Admin(_world.Log.First).SetPausedAsync(DeliveryWorld.Group, true, default);

        await _world.Supervisor(_world.Log.First).LookAsync(default);
        await _world.Supervisor(_world.Log.First).WakeAsync(delivery!, default);

        Assert.Empty(_world.Started);
    }

    [Fact]
    public void A_worker_whose_time_is_over_has_a_successor_of_its_name() => _world.Run(async () =>
    {
        await _world.PutAsync(DeliveryWorld.Webhook with { RecordsMax = 1 });
        await _world.Log.FillAsync(0, 5);
        using var over = new CancellationTokenSource();
        _world.Answer = _ =>
        {
            if (_world.Sent.Count == 2)
            {
                over.Cancel();
            }

            return new(new SendOutcome.Done());
        };

        var end = await _world.WorkAsync(over: over.Token);
        await _world.Supervisor(_world.Log.First).FollowAsync(DeliveryWorld.Group, "__delivery-1", end, default);

        Assert.Equal(WorkEnd.TimeIsOver, end);
        Assert.Equal([(DeliveryWorld.Group, "__delivery-1")], _world.Started);
        await _world.WorkAsync(_world.Log.Second);
        Assert.Equal([0, 1, 2, 3, 4], _world.Sent.Select(batch => batch.FirstOffset).Distinct());
    });

    [Fact]
    public void A_worker_of_a_delivery_that_was_changed_ends_and_others_begin_by_the_new_settings() => _world.Run(async () =>
    {
        await _world.PutAsync(DeliveryWorld.Webhook);
        await _world.Log.FillAsync(0, 1);
        var isFirst = true;
        _world.Answer = async _ =>
        {
            if (isFirst)
            {
                isFirst = false;
                await _world.PutAsync(DeliveryWorld.Webhook with { RecordsMax = 1 });
                await _world.Log.FillAsync(1, 1);
                _world.Clock.Advance(_world.Options.SettingsAgeMax);
            }

            return new SendOutcome.Done();
        };

        var end = await _world.WorkAsync();
        Assert.Equal(WorkEnd.Stopped, end);
        await _world.Log.FillAsync(1, 1);
        await _world.Supervisor(_world.Log.First).FollowAsync(DeliveryWorld.Group, "__delivery-1", end, default);

        Assert.Single(_world.Started);
        Assert.NotEqual("__delivery-1", _world.Started[0].Instance);
    });

    [Fact]
    public void What_failed_is_due_by_the_services_clock_and_not_by_that_of_whoever_looks() => _world.Run(async () =>
    {
        await _world.PutAsync(DeliveryWorld.Webhook with { Retry = new RetryPolicy { BackoffMin = TimeSpan.FromMinutes(1) } });
        await _world.Log.FillAsync(0, 1);
        _world.Answer = _ => new(new SendOutcome.Failed("503 Service Unavailable"));
        await _world.WorkAsync();
        var (behind, ahead) = (Supervisor(clockIsOffBy: TimeSpan.FromHours(-1)), Supervisor(clockIsOffBy: TimeSpan.FromHours(1)));

        await ahead.LookAsync(default);
        Assert.Empty(_world.Started);

        _world.Clock.Advance(TimeSpan.FromMinutes(2));
        await behind.LookAsync(default);
        Assert.Single(_world.Started);
    });

    [Fact]
    public void What_came_while_a_worker_left_has_another_started() => _world.Run(async () =>
    {
        await _world.PutAsync(DeliveryWorld.Webhook);
        await _world.Log.FillAsync(0, 1);
        var end = await _world.WorkAsync();
        Assert.Equal(WorkEnd.Idle, end);
        var supervisor = _world.Supervisor(_world.Log.First);
        await supervisor.FollowAsync(DeliveryWorld.Group, "__delivery-1", end, default);
        Assert.Empty(_world.Started);

        // It was a member still when this came, so whoever appended it had nobody started.
        await _world.Log.FillAsync(0, 1);
        await supervisor.FollowAsync(DeliveryWorld.Group, "__delivery-1", end, default);

        Assert.Single(_world.Started);
    });

    [Fact]
    public async Task A_successor_that_has_begun_counts_though_nobody_else_can_be_started()
    {
        await _world.PutAsync(DeliveryWorld.Webhook);
        await _world.Log.FillAsync(0, 1);
        _world.StartsMax = 1;

        await _world.Supervisor(_world.Log.First).FollowAsync(DeliveryWorld.Group, "__delivery-1", WorkEnd.TimeIsOver, default);

        Assert.Equal([(DeliveryWorld.Group, "__delivery-1")], _world.Started);
    }

    private DeliverySupervisor Supervisor(TimeSpan clockIsOffBy)
    {
        var by = _world.Log.Second;
        var clock = new OffClock(_world.Clock, clockIsOffBy);
        return new(
            new Deliveries(by.Stores, new RandomIdSource(new Random(6)), clock, new Random(7)),
            new DeliveryStates(by.Groups, _world.Log.Topics, by.Logs, clock), by.Groups, _world, new RandomIdSource(new Random(8)),
            _world.Options, clock, NullLogger<DeliverySupervisor>.Instance);
    }

    private sealed class OffClock(TimeProvider clock, TimeSpan by) : TimeProvider
    {
        public override long TimestampFrequency => clock.TimestampFrequency;

        public override DateTimeOffset GetUtcNow() => clock.GetUtcNow() + by;

        public override long GetTimestamp() => clock.GetTimestamp();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            clock.CreateTimer(callback, state, dueTime, period);
    }
}
