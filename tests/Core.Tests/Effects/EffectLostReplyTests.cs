using Serverless.Core.Effects;
using Serverless.Core.Storage;
using Serverless.Core.Tests.Groups;
using Xunit;
using static Serverless.Core.Tests.Effects.LedgerWorld;

namespace Serverless.Core.Tests.Effects;

/// <summary>Replies that are lost before or after the effect, requests that arrive late or twice, and storage that tells nothing.</summary>
public sealed class EffectLostReplyTests
{
    private readonly LedgerWorld _world = new();

    public static TheoryData<int> Kinds =>
        [(int)Fault.LostRequest, (int)Fault.LostReply, (int)Fault.LateEffect, (int)Fault.Twice];

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_claim_is_had_by_one_whatever_becomes_of_its_reply(int kind)
    {
        var ledger = await _world.StartWarmAsync();
        _world.Store.Faults.Enqueue((Fault)kind);

        var claim = await ledger.ClaimedAsync();
        await _world.Store.DrainAsync();

        Assert.IsType<ClaimAnswer.Held>(await _world.Start().ClaimAsync());
        Assert.Equal("sent", (await ledger.CompletedAsync(claim, "sent")).Text());
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_takeover_is_had_by_one_whatever_becomes_of_its_reply(int kind)
    {
        var (first, second) = (_world.Start(), _world.Start());
        var former = await first.ClaimedAsync();
        _world.Clock.Advance(Lease * 2);
        _world.Store.Faults.Enqueue((Fault)kind);

        var claim = await second.ClaimedAsync();
        await _world.Store.DrainAsync();

        Assert.Equal(former.Token + 1, claim.Token);
        Assert.IsType<CompleteAnswer.Fenced>(await first.CompleteAsync(former, "late"));
        Assert.Equal("sent", (await second.CompletedAsync(claim, "sent")).Text());
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_result_is_recorded_whatever_becomes_of_its_reply(int kind)
    {
        var ledger = _world.Start();
        var claim = await ledger.ClaimedAsync();
        _world.Store.Faults.Enqueue((Fault)kind);

        var record = await ledger.CompletedAsync(claim, "sent");
        await _world.Store.DrainAsync();

        var kept = Assert.IsType<EffectState.Done>(await _world.Start().ReadAsync()).Record;
        Assert.Equal(("sent", record.CompletedAt), (kept.Text(), kept.CompletedAt));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_claim_is_given_up_whatever_becomes_of_the_reply(int kind)
    {
        var ledger = _world.Start();
        var claim = await ledger.ClaimedAsync();
        _world.Store.Faults.Enqueue((Fault)kind);

        Assert.Equal(ReleaseAnswer.Released, await ledger.ReleaseAsync(claim));
        await _world.Store.DrainAsync();

        Assert.Equal(claim.Token + 1, (await _world.Start().ClaimedAsync()).Token);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_renewal_keeps_the_token_whatever_becomes_of_its_reply(int kind)
    {
        var claim = await _world.Start().ClaimedAsync("worker");
        _world.Clock.Advance(Lease / 2);
        _world.Store.Faults.Enqueue((Fault)kind);

        var again = await _world.Start().ClaimedAsync("worker");
        await _world.Store.DrainAsync();

        Assert.Equal(claim.Token, again.Token);
        Assert.True(again.ExpiresAt > claim.ExpiresAt);
    }

    [Fact]
    public async Task A_late_claim_of_who_gave_up_does_not_displace_the_one_that_is()
    {
        var (first, second) = (await _world.StartWarmAsync(), await _world.StartWarmAsync());
        for (var tries = 0; tries < _world.Options.AttemptsMax; tries++)
        {
            _world.Store.Faults.Enqueue(tries == 7 ? Fault.LateEffect : Fault.LostRequest);
        }

        await GivesUpAsync(() => first.ClaimAsync());
        // What is late arrives before the next one's, and is nobody's now: the next one waits for a lease.
        await _world.Store.DrainAsync();
        var held = Assert.IsType<ClaimAnswer.Held>(await second.ClaimAsync());
        _world.Clock.Advance(held.RetryAfter);

        await second.ClaimedAsync();
    }

    [Fact]
    public async Task A_request_whose_outcome_stays_unknown_may_be_sent_again()
    {
        var ledger = await _world.StartWarmAsync();
        _world.Store.Chance = () => Fault.LostRequest;
        await GivesUpAsync(() => ledger.ClaimAsync());
        _world.Store.Chance = null;
        var claim = await ledger.ClaimedAsync();
        _world.Store.Chance = () => Fault.LostRequest;
        await GivesUpAsync(() => ledger.CompleteAsync(claim, "sent"));
        await GivesUpAsync(() => ledger.ReleaseAsync(claim));
        _world.Store.Chance = null;

        Assert.Equal("sent", (await ledger.CompletedAsync(claim, "sent")).Text());
    }

    [Fact]
    public async Task Whoever_asks_by_its_name_gets_the_claim_that_it_was_never_told_of()
    {
        var ledger = await _world.StartWarmAsync();
        var store = new HookedRows(_world.Rows) { LosesReplyOf = _ => true };
        var dying = new EffectLedger(
            store, _world.Clock, new RandomIdSource(new Random(99)), new EffectOptions { AttemptsMax = 1 },
            Microsoft.Extensions.Logging.Abstractions.NullLogger<EffectLedger>.Instance);
        await GivesUpAsync(() => dying.ClaimAsync("worker"));

        Assert.IsType<ClaimAnswer.Held>(await ledger.ClaimAsync("other"));
        await ledger.ClaimedAsync("worker");
    }

    [Fact]
    public async Task Chance_at_every_call_never_gives_one_claim_to_two()
    {
        var random = new Random(7);
        Fault[] kinds = [Fault.None, Fault.None, Fault.LostRequest, Fault.LostReply, Fault.LateEffect, Fault.Twice];
        _world.Store.Chance = () => kinds[random.Next(kinds.Length)];
        var ledgers = Enumerable.Range(0, 4).Select(_ => _world.Start()).ToArray();
        var (tokens, records) = (new HashSet<long>(), new HashSet<string>());
        for (var step = 0; step < 2_000 && records.Count == 0; step++)
        {
            _world.Clock.Advance(TimeSpan.FromSeconds(random.Next(40)));
            try
            {
                if (await ledgers[random.Next(4)].ClaimAsync() is not ClaimAnswer.Claimed { Claim: var claim })
                {
                    continue;
                }

                Assert.True(tokens.Count == 0 || claim.Token > tokens.Max());
                tokens.Add(claim.Token);
                var ended = ledgers[random.Next(4)];
                if (random.Next(3) == 0)
                {
                    await ended.ReleaseAsync(claim);
                }
                else if (tokens.Count > 100 && await ended.CompleteAsync(claim, $"by {claim.Token}") is CompleteAnswer.Done done)
                {
                    records.Add(done.Record.Text());
                }
            }
            catch (StorageException unknown) when (unknown.Retriable)
            {
            }
        }

        Assert.InRange(tokens.Count, 100, 2_000);
        Assert.Equal($"by {tokens.Max()}", Assert.Single(records));
    }

    private static async Task GivesUpAsync(Func<Task> act) => Assert.True((await Assert.ThrowsAsync<StorageException>(act)).Retriable);
}
