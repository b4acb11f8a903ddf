using Serverless.Core.Effects;
using Xunit;
using static Serverless.Core.Tests.Effects.LedgerWorld;

namespace Serverless.Core.Tests.Effects;

public sealed class EffectSweepTests
{
    private readonly LedgerWorld _world = new();

    [Fact]
    public async Task What_was_kept_long_enough_goes_and_the_rest_stays()
    {
        var ledger = _world.Start();
        for (var key = 0; key < 30; key++)
        {
            var claim = await ledger.ClaimedAsync(key: $"k{key}");
            if (key % 3 == 0)
            {
                await ledger.CompletedAsync(claim, "sent");
            }
            else if (key % 3 == 1)
            {
                await ledger.ReleaseAsync(claim);
            }
        }

        _world.Clock.Advance(TimeSpan.FromDays(3));
        var late = await ledger.ClaimedAsync(key: "late");
        await ledger.CompletedAsync(await ledger.ClaimedAsync(key: "done late"), "sent");
        await SweepAsync();
        Assert.Equal(32, await _world.RowsAsync());

        // A record of the last minute of a claim's retention is kept as long as any other.
        _world.Clock.Advance(TimeSpan.FromDays(4) + TimeSpan.FromMinutes(2));
        await ledger.CompletedAsync(late, "after all");
        await SweepAsync();
        Assert.Equal(2, await _world.RowsAsync());

        _world.Clock.Advance(TimeSpan.FromDays(7) - TimeSpan.FromMinutes(1));
        await SweepAsync();
        Assert.Equal("after all", Assert.IsType<ClaimAnswer.Done>(await ledger.ClaimAsync(key: "late")).Record.Text());
        Assert.Equal(1, await _world.RowsAsync());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_key_that_has_expired_means_a_new_effect_swept_or_not(bool isSwept)
    {
        var ledger = _world.Start();
        var former = await ledger.ClaimedAsync();
        await ledger.CompletedAsync(former, "first");
        _world.Clock.Advance(TimeSpan.FromDays(7) + TimeSpan.FromSeconds(2));
        if (isSwept)
        {
            await SweepAsync();
            Assert.Equal(0, await _world.RowsAsync());
        }

        Assert.Null(await ledger.ReadAsync());
        Assert.IsType<CompleteAnswer.NotFound>(await ledger.CompleteAsync(former, "again"));
        var claim = await ledger.ClaimedAsync();

        // What is outside has seen the former token, and so would have the sleeper of then.
        Assert.True(claim.Token > former.Token);
        Assert.IsType<CompleteAnswer.Fenced>(await ledger.CompleteAsync(former, "again"));
        Assert.Equal("second", (await ledger.CompletedAsync(claim, "second")).Text());
    }

    [Fact]
    public async Task A_claim_that_lives_is_not_swept_however_short_the_retention()
    {
        var world = new LedgerWorld { Options = new EffectOptions { Retention = TimeSpan.FromSeconds(1) } };
        var ledger = world.Start();
        var claim = await ledger.ClaimedAsync();
        world.Clock.Advance(Lease);

        await SweepAsync(world);

        Assert.Equal("sent", (await ledger.CompletedAsync(claim, "sent")).Text());
    }

    [Fact]
    public async Task A_claim_that_this_process_still_remembers_is_not_found_when_it_has_expired()
    {
        var ledger = _world.Start();
        var claim = await ledger.ClaimedAsync();
        _world.Clock.Advance(TimeSpan.FromDays(8));

        Assert.IsType<CompleteAnswer.NotFound>(await ledger.CompleteAsync(claim, "sent"));
    }

    [Fact]
    public async Task An_idle_run_is_one_query()
    {
        var sweep = new EffectSweep(_world.Store, _world.Clock, _world.Options);

        Assert.Equal((1, 0), await _world.CallsAsync(async () => Assert.False(await sweep.SweepAsync(default))));
    }

    private Task SweepAsync() => SweepAsync(_world);

    // A whole round, as the timer makes it in hours; the clock may stand for it, as a process goes on from shard to shard.
    private static async Task SweepAsync(LedgerWorld world)
    {
        var sweep = new EffectSweep(world.Store, world.Clock, world.Options with { SweepRowsMax = 2 });
        for (var run = 0; run < EffectRowCodec.Shards; run++)
        {
            while (await sweep.SweepAsync(default))
            {
            }
        }
    }
}
