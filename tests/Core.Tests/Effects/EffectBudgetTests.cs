using Serverless.Core.Effects;
using Xunit;

namespace Serverless.Core.Tests.Effects;

/// <summary>What the ledger costs in storage calls.</summary>
public sealed class EffectBudgetTests
{
    private readonly LedgerWorld _world = new();

    [Fact]
    public async Task A_claim_and_its_record_are_one_table_call_each()
    {
        var (ledger, other) = (await _world.StartWarmAsync(), await _world.StartWarmAsync());
        EffectClaim? claim = null;

        Assert.Equal((1, 1), await _world.CallsAsync(async () => claim = await ledger.ClaimedAsync()));
        Assert.Equal((1, 1), await _world.CallsAsync(() => ledger.CompletedAsync(claim!, "sent")));
        Assert.Equal((2, 1), await _world.CallsAsync(() => other.ClaimAsync()));
        claim = await ledger.ClaimedAsync(key: "b");
        Assert.Equal((1, 1), await _world.CallsAsync(() => ledger.ReleaseAsync(claim)));
        claim = await ledger.ClaimedAsync(key: "b");
        Assert.Equal((2, 1), await _world.CallsAsync(() => other.CompletedAsync(claim, "sent")));
        Assert.Equal((2, 1), await _world.CallsAsync(() => _world.Start().ClaimedAsync(key: "c")));
    }

    [Fact]
    public async Task Claims_beyond_what_a_process_remembers_cost_a_read_and_no_more()
    {
        var world = new LedgerWorld { Options = new EffectOptions { ClaimsRememberedMax = 2 } };
        var ledger = await world.StartWarmAsync();
        EffectClaim[] claims = [.. await Task.WhenAll(Enumerable.Range(0, 3).Select(key => ledger.ClaimedAsync(key: $"k{key}")))];

        Assert.Equal((2, 1), await world.CallsAsync(() => ledger.CompletedAsync(claims[0], "a")));
        Assert.Equal((1, 1), await world.CallsAsync(() => ledger.CompletedAsync(claims[2], "b")));
    }
}
