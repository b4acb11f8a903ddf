using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Serverless.Core.Effects;
using Serverless.Core.Storage;
using Serverless.Core.Storage.Memory;
using Serverless.Core.Tests.Groups;
using Xunit;

namespace Serverless.Core.Tests.Effects;

/// <summary>One storage account in memory, and as many processes with a ledger as a test wants.</summary>
internal sealed class LedgerWorld
{
    public const string Scope = "mails";
    public const string Key = "order-17";
    public const string TextType = "text/plain";

    private int _processes;

    public LedgerWorld()
    {
        Rows = new MemoryRowStore(Clock);
        Store = new FaultyRowStore(new CountingRowStore(Rows, Meter));
    }

    public static TimeSpan Lease { get; } = TimeSpan.FromMinutes(1);

    /// <summary>The service's clock.</summary>
    public FakeTimeProvider Clock { get; } = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));

    public MemoryRowStore Rows { get; }

    public FaultyRowStore Store { get; }

    public StorageMeter Meter { get; } = new();

    public EffectOptions Options { get; init; } = new();

    /// <summary>Another process; it knows nothing but what is stored.</summary>
    /// <param name="clock">Its own clock, where that is not the service's.</param>
    public EffectLedger Start(TimeProvider? clock = null) => new(
        Store, clock ?? Clock, new RandomIdSource(new Random(++_processes)), Options, NullLogger<EffectLedger>.Instance);

    /// <summary>One that has had a reply, and so knows the service's clock.</summary>
    public async Task<EffectLedger> StartWarmAsync(TimeProvider? clock = null)
    {
        var ledger = Start(clock);
        await ledger.ReadAsync(Scope, "another", default);
        return ledger;
    }

    public async Task<(long Calls, long Submits)> CallsAsync(Func<Task> act)
    {
        var before = Meter.Read();
        await act();
        var calls = Meter.Read() - before;
        return (calls.Tables, calls.Submits);
    }

    public async Task<int> RowsAsync()
    {
        var count = 0;
        for (var shard = 0; shard < EffectRowCodec.Shards; shard++)
        {
            var page = await Rows.QueryAsync(Layout.EffectsTable, new RowQuery(EffectRowCodec.PartitionOf(shard)), default);
            count += page.Rows.Count;
        }

        return count;
    }
}

/// <summary>What tests say to a ledger of the usual effect.</summary>
internal static class LedgerCalls
{
    public static Task<ClaimAnswer> ClaimAsync(this EffectLedger ledger, string? holder = null, string key = LedgerWorld.Key) =>
        ledger.ClaimAsync(LedgerWorld.Scope, key, LedgerWorld.Lease, holder, default).AsTask();

    public static async Task<EffectClaim> ClaimedAsync(this EffectLedger ledger, string? holder = null, string key = LedgerWorld.Key) =>
        Assert.IsType<ClaimAnswer.Claimed>(await ledger.ClaimAsync(holder, key)).Claim;

    public static Task<CompleteAnswer> CompleteAsync(this EffectLedger ledger, EffectClaim claim, string result) =>
        ledger.CompleteAsync(claim.Scope, claim.Key, claim.Token, Encoding.UTF8.GetBytes(result), LedgerWorld.TextType, default).AsTask();

    public static async Task<EffectRecord> CompletedAsync(this EffectLedger ledger, EffectClaim claim, string result) =>
        Assert.IsType<CompleteAnswer.Done>(await ledger.CompleteAsync(claim, result)).Record;

    public static Task<ReleaseAnswer> ReleaseAsync(this EffectLedger ledger, EffectClaim claim) =>
        ledger.ReleaseAsync(claim.Scope, claim.Key, claim.Token, default).AsTask();

    public static Task<EffectState?> ReadAsync(this EffectLedger ledger) =>
        ledger.ReadAsync(LedgerWorld.Scope, LedgerWorld.Key, default).AsTask();

    public static string Text(this EffectRecord record) => Encoding.UTF8.GetString(record.Result.Span);
}
