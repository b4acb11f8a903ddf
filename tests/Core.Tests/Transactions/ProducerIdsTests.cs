using Microsoft.Extensions.Time.Testing;
using Serverless.Core.Storage;
using Serverless.Core.Storage.Memory;
using Serverless.Core.Tests.Groups;
using Serverless.Core.Transactions;
using Xunit;

namespace Serverless.Core.Tests.Transactions;

public sealed class ProducerIdsTests
{
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly StorageMeter _meter = new();
    private readonly FaultyRowStore _store;

    public ProducerIdsTests() => _store = new FaultyRowStore(new MemoryRowStore(_clock));

    public static TheoryData<int> Kinds => [(int)Fault.LostRequest, (int)Fault.LostReply, (int)Fault.LateEffect];

    [Fact]
    public async Task No_id_is_given_out_twice_whoever_asks_and_however_often_processes_end()
    {
        var given = new List<long>();
        for (var process = 0; process < 5; process++)
        {
            var (ids, others) = (Start(), Start());
            for (var i = 0; i < 25; i++)
            {
                given.Add(await ids.NewAsync("", default));
                given.Add(await others.NewForTransactionsAsync(default));
            }
        }

        Assert.Equal(given.Count, given.Distinct().Count());
        Assert.All(given, id => Assert.True(id > 0));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Lost_replies_waste_ids_and_repeat_none(int kind)
    {
        var given = new List<long>();
        for (var round = 0; round < 10; round++)
        {
            var ids = Start();
            _store.Faults.Enqueue((Fault)kind);
            _store.Faults.Enqueue(Fault.None);
            _store.Faults.Enqueue((Fault)kind);
            given.Add(await ids.NewAsync("", default));
            given.Add(await Start().NewAsync("", default));
        }

        Assert.Equal(given.Count, given.Distinct().Count());
        foreach (var id in given)
        {
            Assert.True(await Start().IsKnownAsync(id, "", default));
        }
    }

    [Fact]
    public async Task Only_producers_ids_are_known()
    {
        var ids = Start();
        var id = await ids.NewAsync("", default);
        var ofTransactions = await ids.NewForTransactionsAsync(default);

        Assert.True(await ids.IsKnownAsync(id, "", default));
        Assert.True(await Start().IsKnownAsync(id, "", default));
        Assert.False(await ids.IsKnownAsync(ofTransactions, "", default));
        Assert.False(await ids.IsKnownAsync(id + 50, "", default));
        Assert.False(await ids.IsKnownAsync(-1, "", default));
        Assert.False(await ids.IsKnownAsync(long.MaxValue, "", default));
    }

    [Fact]
    public async Task What_is_known_is_looked_up_now_and_then_and_what_is_not_always()
    {
        var ids = Start();
        var id = await ids.NewAsync("", default);

        Assert.Equal(0, await CallsAsync(() => ids.IsKnownAsync(id, "", default)));
        _clock.Advance(TimeSpan.FromMinutes(6));
        Assert.Equal(1, await CallsAsync(() => ids.IsKnownAsync(id, "", default)));
        Assert.Equal(0, await CallsAsync(() => ids.IsKnownAsync(id, "", default)));
        Assert.Equal(1, await CallsAsync(() => ids.IsKnownAsync(id + 1, "", default)));
        Assert.Equal(1, await CallsAsync(() => ids.IsKnownAsync(id + 1, "", default)));
    }

    [Fact]
    public async Task Use_keeps_an_id_and_without_it_it_expires()
    {
        var ids = Start();
        var (used, idle) = (await ids.NewAsync("", default), await ids.NewAsync("", default));
        for (var hour = 0; hour < 72; hour++)
        {
            _clock.Advance(TimeSpan.FromHours(1));
            Assert.True(await ids.IsKnownAsync(used, "", default));
            Assert.Equal(hour >= 24, await IsGoneAsync(idle, hour));
            await SweepAllAsync(ids);
        }

        Assert.True(await Start().IsKnownAsync(used, "", default));
        Assert.False(await Start().IsKnownAsync(idle, "", default));
        Assert.Equal(1, await RowsAsync());

        // Not asked for until then: that would be use.
        async Task<bool> IsGoneAsync(long id, int hour) => hour >= 24 && !await Start().IsKnownAsync(id, "", default);
    }

    [Theory]
    [InlineData((int)Fault.None)]
    [InlineData((int)Fault.LostRequest)]
    [InlineData((int)Fault.LostReply)]
    [InlineData((int)Fault.LateEffect)]
    public async Task A_deleted_id_is_gone_and_soon_everywhere(int kind)
    {
        var (ids, other) = (Start(), Start());
        var id = await ids.NewAsync("", default);
        Assert.True(await other.IsKnownAsync(id, "", default));
        _store.Faults.Enqueue((Fault)kind);

        Assert.True(await ids.DeleteAsync(id, "", default));

        Assert.False(await ids.IsKnownAsync(id, "", default));
        Assert.False(await ids.DeleteAsync(id, "", default));
        _clock.Advance(TimeSpan.FromMinutes(6));
        Assert.False(await other.IsKnownAsync(id, "", default));
        Assert.False(await ids.DeleteAsync(-5, "", default));
    }

    [Fact]
    public async Task An_id_is_its_owners_alone_wherever_it_is_asked_for()
    {
        var (ids, other) = (Start(), Start());
        var id = await ids.NewAsync("User:ann", default);

        foreach (var process in (ProducerIds[])[ids, other])
        {
            Assert.False(await process.IsKnownAsync(id, "User:bob", default));
            Assert.False(await process.IsKnownAsync(id, "", default));
            Assert.True(await process.IsKnownAsync(id, "User:ann", default));
            Assert.False(await process.DeleteAsync(id, "User:bob", default));
        }

        // It stays so when its use is written down, and where its records go.
        _clock.Advance(TimeSpan.FromHours(7));
        Assert.True(await other.IsKnownAsync(id, "User:ann", default));
        await other.SpreadAsync(id, "t", 1, default);
        Assert.False(await Start().IsKnownAsync(id, "User:bob", default));
        Assert.True(await Start().DeleteAsync(id, "User:ann", default));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Where_a_producers_records_go_in_a_topic_is_settled_once(int kind)
    {
        var (ids, other) = (Start(), Start());
        var id = await ids.NewAsync("", default);

        _store.Faults.Enqueue((Fault)kind);
        var first = await ids.SpreadAsync(id, "a", 3, default);
        var elsewhere = await other.SpreadAsync(id, "a", 8, default);
        _clock.Advance(TimeSpan.FromHours(7));
        Assert.True(await other.IsKnownAsync(id, "", default));

        Assert.Equal(new ProducerSpread(ErrorCode.None, 3), first);
        Assert.Equal(first, elsewhere);
        Assert.Equal(first, await Start().SpreadAsync(id, "a", 8, default));
        Assert.Equal(new ProducerSpread(ErrorCode.None, 8), await other.SpreadAsync(id, "b", 8, default));
        Assert.Null(await ids.SpreadAsync(id + 1, "a", 3, default));
    }

    [Fact]
    public async Task A_new_id_is_above_those_of_a_while_ago_whoever_gave_them_out()
    {
        var (seldom, often) = (Start(), Start());
        await seldom.NewAsync("", default);
        var highest = 0L;
        for (var i = 0; i < 30; i++)
        {
            highest = await often.NewAsync("", default);
        }

        _clock.Advance(TimeSpan.FromMinutes(2));

        Assert.True(await seldom.NewAsync("", default) > highest);
        Assert.True(await seldom.NewForTransactionsAsync(default) > highest);
    }

    [Fact]
    public async Task Of_so_many_topics_at_most()
    {
        var ids = Start();
        var id = await ids.NewAsync("", default);
        for (var topic = 0; topic < new ProducerIdOptions().TopicsMax; topic++)
        {
            await ids.SpreadAsync(id, $"{topic:x32}", 1_000, default);
        }

        Assert.Equal(ErrorCode.PolicyViolation, (await ids.SpreadAsync(id, "one more", 1, default))!.Value.Error);
        Assert.Equal(1_000, (await Start().SpreadAsync(id, $"{7:x32}", 1, default))!.Value.Partitions);
    }

    private static async Task SweepAllAsync(ProducerIds ids)
    {
        for (var run = 0; run < ProducerIdRow.Shards; run++)
        {
            while (await ids.SweepAsync(default))
            {
            }
        }
    }

    private async Task<int> RowsAsync()
    {
        var count = 0;
        for (var shard = 0; shard < ProducerIdRow.Shards; shard++)
        {
            count += (await _store.QueryAsync(Layout.ProducersTable, new RowQuery(ProducerIdRow.PartitionOf(shard)), default)).Rows.Count;
        }

        return count;
    }

    private async Task<long> CallsAsync(Func<ValueTask<bool>> ask)
    {
        var before = _meter.Read().Tables;
        await ask();
        return _meter.Read().Tables - before;
    }

    private ProducerIds Start() => new(new CountingRowStore(_store, _meter), _clock, new ProducerIdOptions { BlockSize = 10 });
}
