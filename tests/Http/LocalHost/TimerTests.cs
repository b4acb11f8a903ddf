using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Serverless.LocalHost;

namespace Serverless.Http.LocalHost;

public sealed class TimerTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 31, 23, 59, 30, TimeSpan.Zero);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Theory]
    [InlineData("0 */1 * * * *", "2026-02-01T00:00:00Z")]
    [InlineData("*/10 * * * * *", "2026-01-31T23:59:40Z")]
    [InlineData("0 30 9 * * 1-5", "2026-02-02T09:30:00Z")]
    [InlineData("*/5 * * * *", "2026-02-01T00:00:00Z")]
    [InlineData("%Nightly%", "2026-02-01T03:00:00Z")]
    public void A_schedule_has_six_fields_or_five_and_may_be_a_setting(string expression, string next)
    {
        var schedule = TimerSchedule.Parse(expression, Settings("0 0 3 * * *"));

        var after = schedule.After(Start);

        Assert.Equal(DateTimeOffset.Parse(next, null), after);
    }

    [Theory]
    [InlineData("%Absent%")]
    [InlineData("every minute")]
    [InlineData("0 0 0 0 0 0 0")]
    [InlineData("")]
    public void A_schedule_that_cannot_be_read_stops_the_start(string expression)
    {
        Assert.Throws<StartException>(() => TimerSchedule.Parse(expression, Settings("0 0 3 * * *")));
    }

    [Fact]
    public async Task A_timer_runs_at_each_occurrence_and_is_told_the_next()
    {
        var (log, clock) = (new TickLog(), new FakeTimeProvider(Start));
        await using var host = await StartAsync(typeof(SampleTimer), log, clock);

        await AdvanceUntilAsync(clock, log.Ticked);
        await AdvanceUntilAsync(clock, log.Ticked);

        Assert.Equal(new DateTime(2026, 2, 1, 0, 1, 0), log.Ticks[0].ScheduleStatus!.Next);
        Assert.Equal(new DateTime(2026, 2, 1, 0, 0, 0), log.Ticks[1].ScheduleStatus!.Last);
        Assert.Equal(new DateTime(2026, 2, 1, 0, 2, 0), log.Ticks[1].ScheduleStatus!.Next);
    }

    [Fact]
    public async Task A_failed_run_does_not_end_the_timer()
    {
        var (log, clock) = (new TickLog { Fails = true }, new FakeTimeProvider(Start));
        await using var host = await StartAsync(typeof(SampleTimer), log, clock);

        await AdvanceUntilAsync(clock, log.Ticked);
        await AdvanceUntilAsync(clock, log.Ticked);

        Assert.Equal(2, log.Ticks.Count);
    }

    [Fact]
    public async Task A_run_that_outlasts_the_next_occurrences_makes_them_skipped()
    {
        var (gate, clock) = (new Gate(), new FakeTimeProvider(Start));
        await using var host = await SampleHost.StartAsync(
            [typeof(SampleSlowTimer)], services: services => services.AddSingleton<TimeProvider>(clock).AddSingleton(gate));

        await AdvanceUntilAsync(clock, gate.Entered);
        clock.Advance(TimeSpan.FromMinutes(5));
        var overlapped = await gate.Entered.WaitAsync(TimeSpan.FromMilliseconds(200));
        gate.Open.Release();
        await AdvanceUntilAsync(clock, gate.Entered);

        Assert.False(overlapped);
        Assert.Equal(2, gate.Runs);
    }

    [Fact]
    public async Task RunOnStartup_runs_before_any_occurrence()
    {
        var (log, clock) = (new TickLog(), new FakeTimeProvider(Start));
        await using var host = await StartAsync(typeof(SampleStartupTimer), log, clock);

        Assert.True(await log.Ticked.WaitAsync(Patience));
        Assert.Equal(new DateTime(2027, 1, 1), Assert.Single(log.Ticks).ScheduleStatus!.Next);
    }

    private static IConfiguration Settings(string schedule) => new ConfigurationBuilder()
        .AddInMemoryCollection(new Dictionary<string, string?> { ["Nightly"] = schedule }).Build();

    private static Task<SampleHost> StartAsync(Type timer, TickLog log, FakeTimeProvider clock) => SampleHost.StartAsync(
        [timer],
        new() { ["SampleSchedule"] = "0 */1 * * * *" },
        services: services => services.AddSingleton<TimeProvider>(clock).AddSingleton(log));

    /// <summary>
    /// Moves the clock until the timer has run once more. Whether the runner sleeps yet cannot be seen from here, so the clock
    /// goes in steps much shorter than the schedule's, with real time between.
    /// </summary>
    private static async Task AdvanceUntilAsync(FakeTimeProvider clock, SemaphoreSlim ran)
    {
        for (var step = 0; step < 1000; step++)
        {
            if (await ran.WaitAsync(TimeSpan.FromMilliseconds(5)))
            {
                return;
            }

            clock.Advance(TimeSpan.FromSeconds(5));
        }

        Assert.Fail("The timer never ran.");
    }
}
