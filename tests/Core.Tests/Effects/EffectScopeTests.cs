using System.Text;
using Serverless.Core.Effects;
using Serverless.Core.Storage;
using Serverless.Core.Tests.Groups;
using Xunit;
using static Serverless.Core.Tests.Effects.LedgerWorld;

namespace Serverless.Core.Tests.Effects;

public sealed class EffectScopeTests
{
    private readonly LedgerWorld _world = new();
    private readonly List<EffectClaim> _mails = [];

    [Fact]
    public async Task An_effect_runs_once_and_its_result_is_everybodys()
    {
        var first = await RunAsync(Open());
        var second = await RunAsync(Open());
        var other = await RunAsync(Open(), "order-18");

        Assert.Equal((first, first), ("mail 1", second));
        Assert.Equal("mail 2", other);
        Assert.Equal([Key, "order-18"], _mails.Select(mail => mail.Key));
        Assert.All(_mails, mail => Assert.True(mail.Token > 0 && mail.Scope == Scope));
    }

    [Fact]
    public async Task Who_comes_while_it_runs_is_told_when_to_come_again()
    {
        var scope = Open();
        var held = (EffectHeldException?)null;

        await scope.RunOnceAsync(
            Key,
            async _ =>
            {
                held = await Assert.ThrowsAsync<EffectHeldException>(() => RunAsync(Open()));
                return "sent"u8.ToArray();
            },
            default);

        Assert.Equal((Scope, Key), (held!.Scope, held.Key));
        Assert.InRange(held.RetryAfter, Lease, Lease + TimeSpan.FromSeconds(2));
        Assert.Empty(_mails);
    }

    [Fact]
    public async Task An_effect_that_throws_may_be_tried_again_at_once()
    {
        await Assert.ThrowsAsync<IOException>(() => FailAsync(Open()));

        Assert.Equal("mail 1", await RunAsync(Open()));
    }

    [Fact]
    public async Task What_it_threw_is_told_also_where_its_claim_cannot_be_given_up()
    {
        var scope = Open();
        var ledger = _world.Start();
        await ledger.ReadAsync();
        _world.Store.Chance = () => _world.Store.Submits == 1 ? Fault.None : Fault.LostRequest;

        await Assert.ThrowsAsync<IOException>(() => FailAsync(scope));
        _world.Store.Chance = null;

        await Assert.ThrowsAsync<EffectHeldException>(() => RunAsync(Open()));
    }

    [Fact]
    public async Task What_happened_is_recorded_also_for_who_waits_no_more()
    {
        using var impatient = new CancellationTokenSource();

        await Open().RunOnceAsync(
            Key,
            async _ =>
            {
                impatient.Cancel();
                await Task.Yield();
                return "sent"u8.ToArray();
            },
            impatient.Token);

        Assert.Equal("sent", await RunAsync(Open()));
    }

    [Fact]
    public async Task A_crash_between_effect_and_record_has_it_done_again_with_a_higher_token()
    {
        var scope = Open();
        _world.Store.Chance = () => _world.Store.Submits == 1 ? Fault.None : Fault.LostRequest;
        await Assert.ThrowsAsync<StorageException>(() => RunAsync(scope));
        _world.Store.Chance = null;
        await Assert.ThrowsAsync<EffectHeldException>(() => RunAsync(Open()));
        _world.Clock.Advance(Lease * 2);

        await RunAsync(Open());

        Assert.Equal(2, _mails.Count);
        Assert.True(_mails[1].Token > _mails[0].Token);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Who_was_overtaken_gets_the_others_result_or_is_told_to_wait_for_it(bool isDone)
    {
        var slow = Open().RunOnceAsync(
            Key,
            async _ =>
            {
                _world.Clock.Advance(Lease * 2);
                var others = _world.Start();
                var claim = await others.ClaimedAsync();
                if (isDone)
                {
                    await others.CompletedAsync(claim, "the other's");
                }

                return "too late"u8.ToArray();
            },
            default).AsTask();

        if (isDone)
        {
            Assert.Equal("the other's", Encoding.UTF8.GetString((await slow).Span));
        }
        else
        {
            await Assert.ThrowsAsync<EffectHeldException>(() => slow);
        }
    }

    private EffectScope Open() => new(_world.Start(), Scope, Lease);

    private static async Task FailAsync(EffectScope scope) =>
        await scope.RunOnceAsync(Key, _ => throw new IOException("no mail today"), default);

    private async Task<string> RunAsync(EffectScope scope, string key = Key)
    {
        var result = await scope.RunOnceAsync(
            key,
            (claim, _) =>
            {
                _mails.Add(claim);
                return ValueTask.FromResult<ReadOnlyMemory<byte>>(Encoding.UTF8.GetBytes($"mail {_mails.Count}"));
            },
            default);
        return Encoding.UTF8.GetString(result.Span);
    }
}
