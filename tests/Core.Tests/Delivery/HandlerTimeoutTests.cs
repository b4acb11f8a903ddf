using Serverless.Core.Delivery;
using Serverless.Core.Tests.Groups;
using Xunit;

namespace Serverless.Core.Tests.Delivery;

/// <summary>A handler that takes too long has failed, and what comes of it later does not count.</summary>
public sealed class HandlerTimeoutTests
{
    private readonly JumpClock _clock = new();

    [Theory]
    [InlineData(4, 1)]
    [InlineData(6, 2)]
    public void A_handler_has_its_time_and_no_more(int seconds, int attempts) => TestLoop.Run(_clock, async () =>
    {
        var handler = new Slow(_clock, TimeSpan.FromSeconds(seconds));
        var world = await WorldAsync(handler);

        await world.WorkAsync();

        Assert.Equal(attempts, handler.Attempts);
        Assert.Equal(attempts - 1, handler.ToldToEnd);
        Assert.Equal(1, await world.CommittedAsync(0));

        // The first one may have come to its end meanwhile: its row is not the one that stays.
        await Task.Delay(TimeSpan.FromMinutes(1), _clock);
        Assert.Equal(attempts, (await world.RowAsync("by"))!.Columns["attempt"]);
    });

    [Fact]
    public void A_handler_that_never_returns_is_a_failure_like_any_other() => TestLoop.Run(_clock, async () =>
    {
        var handler = new Slow(_clock, Timeout.InfiniteTimeSpan);
        var world = await WorldAsync(handler, settings => settings with
        {
            DeadLetterTopic = "letters",
            Retry = settings.Retry with { AttemptsMax = 1 },
        });

        await world.WorkAsync();

        Assert.Equal(1, handler.Attempts);
        var letter = Assert.Single(await world.ReadAsync("letters", 0));
        Assert.Contains(letter.Headers, header => header.Value is { } value
            && System.Text.Encoding.UTF8.GetString(value.Span).Contains("The handler took more than 5000 ms.", StringComparison.Ordinal));
    });

    private async Task<DeliveryWorld> WorldAsync(IRecordHandler handler, Func<DeliverySettings, DeliverySettings>? set = null)
    {
        var world = new DeliveryWorld(_clock) { Options = new DeliveryOptions { HandlerTimeout = TimeSpan.FromSeconds(5) } };
        world.Handlers.Add(handler);
        var settings = DeliveryWorld.Webhook with { Target = new DeliveryTarget.Handler(handler.Name) };
        await world.PutAsync(set?.Invoke(settings) ?? settings);
        await world.Log.FillAsync(0, 1);
        return world;
    }

    /// <summary>Takes its time for the first attempt, whatever it is told, and writes down in a row which attempt it was.</summary>
    private sealed class Slow(TimeProvider clock, TimeSpan time) : IRecordHandler
    {
        public string Name => "slow";

        public int Attempts { get; private set; }

        public int ToldToEnd { get; private set; }

        public async ValueTask HandleAsync(
            IReadOnlyList<DeliveredRecord> records, HandlerContext context, CancellationToken cancellationToken)
        {
            Attempts++;
            using var told = cancellationToken.Register(() => ToldToEnd++);
            if (context.Attempt == 1)
            {
                await Task.Delay(time, clock, CancellationToken.None);
            }

            context.Set("by", null, new Dictionary<string, object> { ["attempt"] = context.Attempt });
        }
    }
}
