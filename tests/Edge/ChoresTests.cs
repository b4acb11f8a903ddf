using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Serverless.Edge.Fakes;
using Serverless.Functions.Timers;
using Xunit;

namespace Serverless.Edge;

/// <summary>What the service does by itself, minute by minute.</summary>
public sealed class ChoresTests
{
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly List<string> _done = [];

    [Fact]
    public async Task Each_is_done_as_often_as_it_says_and_no_two_of_the_rarer_ones_in_one_minute()
    {
        var real = WholeHost.Start().Service<Chores>().All;
        var chores = Chores([.. real.Select(chore => chore with { RunAsync = Note(chore.Name) })]);
        var minutes = new List<List<string>>();
        for (var minute = 0; minute < 60; minute++)
        {
            _done.Clear();
            await chores.RunDueAsync(default);
            minutes.Add([.. _done]);
            _clock.Advance(TimeSpan.FromMinutes(1));
        }

        Assert.All(real, chore => Assert.Equal(60 / chore.EveryMinutes, minutes.Count(minute => minute.Contains(chore.Name))));
        var rare = real.Where(chore => chore.EveryMinutes > 1).Select(chore => chore.Name).ToList();
        Assert.All(minutes, minute => Assert.InRange(minute.Intersect(rare).Count(), 0, 1));
    }

    [Theory]
    [InlineData(-10, true)]
    [InlineData(0, true)]
    [InlineData(40, true)]
    [InlineData(60, false)]
    public async Task A_timer_that_is_a_little_early_or_late_is_that_of_its_minute(int seconds, bool done)
    {
        _clock.Advance(TimeSpan.FromMinutes(2) + TimeSpan.FromSeconds(seconds));

        await Chores([new Chore("seldom", 5, 2, Note("seldom"))]).RunDueAsync(default);

        Assert.Equal(done ? ["seldom"] : [], _done);
    }

    [Fact]
    public async Task One_that_fails_keeps_none_of_the_others_and_the_timer_fails()
    {
        var failure = new InvalidOperationException("storage is away");
        var chores = Chores([new Chore("a", 1, 0, _ => throw failure), new Chore("b", 1, 0, Note("b"))]);

        var thrown = await Assert.ThrowsAsync<AggregateException>(() => chores.RunDueAsync(default));

        Assert.Same(failure, Assert.Single(thrown.InnerExceptions));
        Assert.Equal(["b"], _done);
    }

    [Fact]
    public async Task All_of_them_run_on_a_service_that_is_new()
    {
        foreach (var chore in WholeHost.Start().Service<Chores>().All)
        {
            await chore.RunAsync(default);
        }
    }

    private Chores Chores(IReadOnlyList<Chore> all) => new(_clock, NullLogger<Chores>.Instance) { All = all };

    private Func<CancellationToken, Task> Note(string name) => _ =>
    {
        _done.Add(name);
        return Task.CompletedTask;
    };
}
