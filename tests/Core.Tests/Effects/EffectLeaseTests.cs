using Microsoft.Extensions.Time.Testing;
using Serverless.Core.Effects;
using Xunit;
using static Serverless.Core.Tests.Effects.LedgerWorld;

namespace Serverless.Core.Tests.Effects;

/// <summary>How long a claim lasts, by whose clock, and who has it then.</summary>
public sealed class EffectLeaseTests
{
    private readonly LedgerWorld _world = new();

    [Fact]
    public async Task A_lease_that_is_over_is_taken_over_and_fences_the_former_claim()
    {
        var (first, second) = (_world.Start(), _world.Start());
        var former = await first.ClaimedAsync();
        _world.Clock.Advance(Rest(await second.ClaimAsync()));
        var claim = await second.ClaimedAsync();

        Assert.True(claim.Token > former.Token);
        Assert.IsType<CompleteAnswer.Fenced>(await first.CompleteAsync(former, "late"));
        Assert.Equal(ReleaseAnswer.Fenced, await first.ReleaseAsync(former));
        Assert.Equal("in time", (await second.CompletedAsync(claim, "in time")).Text());
        Assert.IsType<CompleteAnswer.Fenced>(await first.CompleteAsync(former, "later"));
        Assert.Equal("in time", Assert.IsType<EffectState.Done>(await first.ReadAsync()).Record.Text());
    }

    [Fact]
    public async Task A_lease_is_not_shorter_than_asked_and_over_when_it_says_so()
    {
        _world.Clock.Advance(TimeSpan.FromMilliseconds(999));
        var first = await _world.StartWarmAsync();
        _world.Clock.Advance(TimeSpan.FromMilliseconds(999));
        await first.ClaimedAsync();
        _world.Clock.Advance(Lease);

        var held = Assert.IsType<ClaimAnswer.Held>(await _world.Start().ClaimAsync());
        _world.Clock.Advance(held.RetryAfter);

        Assert.InRange(held.RetryAfter, TimeSpan.Zero, TimeSpan.FromSeconds(2));
        await _world.Start().ClaimedAsync();
    }

    [Fact]
    public async Task A_record_after_the_lease_counts_where_nobody_has_taken_over()
    {
        var ledger = _world.Start();
        var claim = await ledger.ClaimedAsync();
        _world.Clock.Advance(TimeSpan.FromHours(1));

        Assert.Equal("late", (await ledger.CompletedAsync(claim, "late")).Text());
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(1)]
    public async Task A_process_whose_clock_is_wrong_takes_nothing_over_and_keeps_nobody_waiting(int years)
    {
        var wrong = new FakeTimeProvider(_world.Clock.GetUtcNow().AddYears(years));
        var others = await _world.StartWarmAsync(wrong);
        var claim = await _world.Start().ClaimedAsync();

        Assert.IsType<ClaimAnswer.Held>(await others.ClaimAsync());
        var theirs = await others.ClaimedAsync(key: "theirs");
        Assert.Equal(claim.ExpiresAt, theirs.ExpiresAt);

        var held = Assert.IsType<ClaimAnswer.Held>(await _world.Start().ClaimAsync(key: "theirs"));
        _world.Clock.Advance(held.RetryAfter);
        Assert.True((await _world.Start().ClaimedAsync(key: "theirs")).Token > theirs.Token);
    }

    [Fact]
    public async Task A_process_that_stood_still_begins_its_lease_when_it_goes_on()
    {
        var frozen = new FakeTimeProvider(_world.Clock.GetUtcNow());
        var ledger = await _world.StartWarmAsync(frozen);
        _world.Clock.Advance(TimeSpan.FromHours(2));

        var claim = await ledger.ClaimedAsync();

        Assert.True(claim.ExpiresAt >= _world.Clock.GetUtcNow() + Lease);
        Assert.IsType<ClaimAnswer.Held>(await _world.Start().ClaimAsync());
    }

    [Fact]
    public async Task A_holder_gets_its_own_claim_again_with_a_new_lease()
    {
        var claim = await _world.Start().ClaimedAsync("worker-1");
        _world.Clock.Advance(Lease / 2);

        Assert.IsType<ClaimAnswer.Held>(await _world.Start().ClaimAsync());
        Assert.IsType<ClaimAnswer.Held>(await _world.Start().ClaimAsync("Worker-1"));
        var again = await _world.Start().ClaimedAsync("worker-1");

        Assert.Equal(claim.Token, again.Token);
        Assert.Equal(claim.ExpiresAt + (Lease / 2), again.ExpiresAt);
    }

    [Fact]
    public async Task A_holder_whose_lease_is_over_gets_a_claim_that_fences_its_former_self()
    {
        var ledger = _world.Start();
        var former = await ledger.ClaimedAsync("worker-1");
        _world.Clock.Advance(Lease + TimeSpan.FromSeconds(3));

        var claim = await _world.Start().ClaimedAsync("worker-1");

        Assert.True(claim.Token > former.Token);
        Assert.IsType<CompleteAnswer.Fenced>(await ledger.CompleteAsync(former, "late"));
    }

    [Fact]
    public async Task A_renewal_elsewhere_does_not_keep_the_claim_from_being_recorded()
    {
        var ledger = _world.Start();
        var claim = await ledger.ClaimedAsync("worker-1");
        await _world.Start().ClaimedAsync("worker-1");

        Assert.Equal("sent", (await ledger.CompletedAsync(claim, "sent")).Text());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(86_400_001)]
    public async Task A_lease_that_is_none_or_endless_is_refused(int milliseconds) =>
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
            async () => await _world.Start().ClaimAsync(Scope, Key, TimeSpan.FromMilliseconds(milliseconds), null, default));

    private static TimeSpan Rest(ClaimAnswer answer) => Assert.IsType<ClaimAnswer.Held>(answer).RetryAfter;
}
