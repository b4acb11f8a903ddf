using Serverless.Core.Effects;
using Xunit;
using static Serverless.Core.Tests.Effects.LedgerWorld;

namespace Serverless.Core.Tests.Effects;

public sealed class EffectLedgerTests
{
    private readonly LedgerWorld _world = new();

    [Fact]
    public async Task The_first_to_ask_has_the_claim_and_the_others_wait_for_it()
    {
        var claim = await _world.Start().ClaimedAsync();

        var held = Assert.IsType<ClaimAnswer.Held>(await _world.Start().ClaimAsync());

        Assert.Equal((Scope, Key), (claim.Scope, claim.Key));
        Assert.Equal(held.RetryAfter, claim.ExpiresAt - _world.Clock.GetUtcNow() + TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task Whoever_asks_after_the_record_gets_the_result()
    {
        var ledger = _world.Start();
        var claim = await ledger.ClaimedAsync();
        _world.Clock.Advance(TimeSpan.FromSeconds(3));

        var record = await ledger.CompletedAsync(claim, "sent");

        var done = Assert.IsType<ClaimAnswer.Done>(await _world.Start().ClaimAsync()).Record;
        Assert.Equal(("sent", TextType, claim.Token, _world.Clock.GetUtcNow()), (done.Text(), done.ContentType, done.Token, done.CompletedAt));
        Assert.Equal((record.Text(), record.CompletedAt), (done.Text(), done.CompletedAt));
    }

    [Fact]
    public async Task A_record_that_comes_again_is_answered_by_the_first_one()
    {
        var claim = await _world.Start().ClaimedAsync();
        var first = await _world.Start().CompletedAsync(claim, "first");
        _world.Clock.Advance(TimeSpan.FromMinutes(5));

        var again = await _world.Start().CompletedAsync(claim, "second");

        Assert.Equal(("first", first.CompletedAt), (again.Text(), again.CompletedAt));
        Assert.IsType<CompleteAnswer.Fenced>(await _world.Start().CompleteAsync(claim with { Token = claim.Token + 1 }, "x"));
        Assert.IsType<CompleteAnswer.Fenced>(await _world.Start().CompleteAsync(claim with { Token = 1 }, "x"));
    }

    [Fact]
    public async Task A_claim_that_was_given_up_is_the_next_ones_at_once()
    {
        var first = _world.Start();
        var former = await first.ClaimedAsync();

        Assert.Equal(ReleaseAnswer.Released, await first.ReleaseAsync(former));
        Assert.Equal(ReleaseAnswer.Released, await _world.Start().ReleaseAsync(former));
        Assert.Null(await first.ReadAsync());
        Assert.IsType<CompleteAnswer.Fenced>(await first.CompleteAsync(former, "after all"));
        var claim = await _world.Start().ClaimedAsync();

        Assert.True(claim.Token > former.Token);
        Assert.Equal(ReleaseAnswer.Fenced, await first.ReleaseAsync(former));
        Assert.Equal(claim, Assert.IsType<EffectState.Claimed>(await first.ReadAsync()).Claim);
    }

    [Fact]
    public async Task What_is_recorded_cannot_be_given_up()
    {
        var ledger = _world.Start();
        var claim = await ledger.ClaimedAsync();
        await ledger.CompletedAsync(claim, "sent");

        Assert.Equal(ReleaseAnswer.Fenced, await ledger.ReleaseAsync(claim));
        Assert.IsType<EffectState.Done>(await ledger.ReadAsync());
    }

    [Fact]
    public async Task What_nobody_claimed_is_not_found()
    {
        var ledger = _world.Start();
        var claim = new EffectClaim(Scope, Key, 1, default);

        Assert.Null(await ledger.ReadAsync());
        Assert.IsType<CompleteAnswer.NotFound>(await ledger.CompleteAsync(claim, "x"));
        Assert.Equal(ReleaseAnswer.NotFound, await ledger.ReleaseAsync(claim));
        Assert.Equal(0, await _world.RowsAsync());
    }

    [Theory]
    [InlineData("mails", "order-18")]
    [InlineData("mail", "s|order-17")]
    [InlineData("mails|order", "17")]
    [InlineData("Mails", "order-17")]
    [InlineData("mails", "order\0/\\#?-17")]
    [InlineData("mails", "\ud800")]
    [InlineData("mails", "\udc00")]
    public async Task Another_key_or_scope_is_another_effect(string scope, string key)
    {
        var ledger = _world.Start();
        await ledger.ClaimedAsync();

        Assert.IsType<ClaimAnswer.Claimed>(await ledger.ClaimAsync(scope, key, Lease, "h\0", default));
        Assert.IsType<ClaimAnswer.Claimed>(await ledger.ClaimAsync(scope, key + new string('é', 500), Lease, new string('é', 500), default));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Of_those_that_ask_at_once_one_gets_the_claim(bool isTakeover)
    {
        var former = isTakeover ? await _world.Start().ClaimedAsync() : null;
        _world.Clock.Advance(Lease * 2);
        var (others, calls) = (new List<ClaimAnswer>(), 0);
        _world.Store.Between = () =>
        {
            // Between the look-up, which is the first call, and the claim that follows from it.
            for (var other = 0; calls == 1 && other < 3; other++)
            {
                others.Add(_world.Start().ClaimAsync().GetAwaiter().GetResult());
            }

            calls++;
        };

        Assert.IsType<ClaimAnswer.Held>(await _world.Start().ClaimAsync());

        Assert.Equal(3, others.Count);
        var claim = Assert.Single(others.OfType<ClaimAnswer.Claimed>()).Claim;
        Assert.True(former is null || claim.Token == former.Token + 1);
    }

    [Fact]
    public async Task A_result_up_to_the_limit_is_kept_and_a_larger_one_refused()
    {
        var ledger = _world.Start();
        var (claim, none) = (await ledger.ClaimedAsync(), await ledger.ClaimedAsync(key: "none"));
        var largest = new string('x', EffectOptions.ResultBytesMax);

        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => ledger.CompleteAsync(claim, largest + "x"));
        Assert.Equal("", (await ledger.CompletedAsync(none, "")).Text());
        Assert.Equal(largest, (await ledger.CompletedAsync(claim, largest)).Text());
        Assert.Equal(largest, Assert.IsType<ClaimAnswer.Done>(await _world.Start().ClaimAsync()).Record.Text());
    }
}
