using Serverless.Core.Access;
using Serverless.Core.Storage;
using Serverless.Core.Storage.Memory;
using Serverless.Core.Tests.Groups;
using Xunit;

namespace Serverless.Core.Tests.Access;

public sealed class AclsTests
{
    private static readonly AclBinding Ann =
        new(AclResourceType.Topic, "t", AclPatternType.Literal, "User:ann", AclOperation.Read, AclPermissionType.Allow);

    private readonly JumpClock _clock = new();
    private readonly MemoryRowStore _memory;
    private readonly FaultyRowStore _store;

    public AclsTests()
    {
        _memory = new MemoryRowStore(_clock);
        _store = new FaultyRowStore(_memory);
    }

    public static TheoryData<int> Kinds =>
        [(int)Fault.None, (int)Fault.LostRequest, (int)Fault.LostReply, (int)Fault.LateEffect, (int)Fault.Twice];

    [Fact]
    public async Task Every_part_of_an_ACL_tells_it_from_others()
    {
        AclBinding[] all =
        [
            Ann, Ann with { ResourceType = AclResourceType.Group }, Ann with { Name = "T" }, Ann with { Name = "t|3" }, Ann with { Name = "*" },
            Ann with { PatternType = AclPatternType.Prefixed }, Ann with { Principal = "User:Ann" }, Ann with { Principal = "User:ann|3" },
            Ann with { Operation = AclOperation.All }, Ann with { Permission = AclPermissionType.Deny },
            Ann with { Name = new string('ä', 249), Principal = "User:" + new string('ö', 256) },
            Ann with { Name = "/\\#?'\u0080", Principal = "User:/\\#?'" },
        ];

        Assert.True(await Start().AddAsync(all, default));

        Assert.Equal(all.ToHashSet(), (await Start().ListAsync(default)).ToHashSet());
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task What_is_added_is_there_once_and_what_is_removed_is_gone_whatever_becomes_of_a_request(int kind)
    {
        _store.Faults.Enqueue((Fault)kind);
        Assert.True(await Start().AddAsync([Ann], default));
        Assert.True(await Start().AddAsync([Ann, Ann], default));
        await _store.DrainAsync();
        Assert.Equal([Ann], await Start().ListAsync(default));

        _store.Faults.Enqueue((Fault)kind);
        Assert.Equal([Ann], await Start().RemoveAsync(new() { Principal = "User:ann" }, default));
        await _store.DrainAsync();
        Assert.Empty(await Start().ListAsync(default));
        Assert.Empty(await Start().RemoveAsync(new(), default));
    }

    [Fact]
    public async Task A_request_to_add_it_that_comes_late_does_not_bring_back_what_was_removed_since()
    {
        var late = new HookedRows(_memory);
        Assert.True(await Start(late).AddAsync([Ann], default));
        await Start().RemoveAsync(new(), default);

        foreach (var submission in late.Submitted)
        {
            await submission();
        }

        Assert.Empty(await Start().ListAsync(default));
    }

    [Fact]
    public async Task A_request_to_remove_it_that_comes_late_does_not_take_away_what_was_added_since()
    {
        var late = new HookedRows(_memory);
        Assert.True(await Start().AddAsync([Ann], default));
        await Start(late).RemoveAsync(new(), default);
        Assert.True(await Start().AddAsync([Ann], default));

        foreach (var submission in late.Submitted)
        {
            await submission();
        }

        Assert.Equal([Ann], await Start().ListAsync(default));
    }

    [Fact]
    public async Task What_was_removed_leaves_nothing_behind_in_the_end()
    {
        await Start().AddAsync([Ann], default);
        await Start().RemoveAsync(new(), default);
        var query = RowQuery.Prefix(AclRow.Partition, AclRow.Prefix);
        Assert.Single((await _memory.QueryAsync(Layout.AclsTable, query, default)).Rows);

        _clock.Advance(Acls.RemovedFor + TimeSpan.FromSeconds(1));
        await Start().AddAsync([Ann with { Name = "u" }], default);

        Assert.Single((await _memory.QueryAsync(Layout.AclsTable, query, default)).Rows);
    }

    [Fact]
    public async Task Many_are_added_read_and_removed_though_no_page_and_no_transaction_holds_them()
    {
        _store.PageRowsMax = 7;
        AclBinding[] many = [.. Enumerable.Range(0, 250).Select(n => Ann with { Name = $"t{n}" })];

        await Start().AddAsync(many, default);
        var removed = await Start().RemoveAsync(new() { Name = "t7", ByWhatTheyCover = true }, default);

        Assert.Equal(many[7], Assert.Single(removed));
        Assert.Equal(249, (await Start().ListAsync(default)).Count);
        Assert.Equal(249, (await Start().RemoveAsync(new() { ResourceType = AclResourceType.Topic }, default)).Count);
    }

    [Fact]
    public async Task There_is_a_limit_and_beyond_it_nothing_is_added()
    {
        AclBinding[] many = [.. Enumerable.Range(0, Acls.BindingsMax).Select(n => Ann with { Name = $"t{n}" })];

        Assert.True(await Start().AddAsync(many[1..], default));
        Assert.False(await Start().AddAsync([many[0], Ann], default));
        Assert.Equal(Acls.BindingsMax - 1, (await Start().ListAsync(default)).Count);
        Assert.True(await Start().AddAsync([many[0], many[1]], default));
    }

    [Fact]
    public async Task Rules_are_used_for_their_time_and_read_once_by_all_who_wait()
    {
        var meter = new StorageMeter();
        var cache = new AclCache(Start(new CountingRowStore(_memory, meter)), _clock, TimeSpan.FromSeconds(60));
        var principal = new Principal("User:ann", []);

        var all = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => cache.RulesAsync(default).AsTask()));
        Assert.All(all, rules => Assert.Same(all[0], rules));
        await Start().AddAsync([Ann], default);
        _clock.Advance(TimeSpan.FromSeconds(59));
        Assert.False((await cache.RulesAsync(default)).Allow(principal, AclResourceType.Topic, "t", AclOperation.Read));

        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.True((await cache.RulesAsync(default)).Allow(principal, AclResourceType.Topic, "t", AclOperation.Read));
        Assert.Equal(2, meter.Read().Tables);
    }

    [Fact]
    public async Task Rules_that_are_read_while_this_instance_changes_them_are_not_kept()
    {
        var rows = new HookedRows(_memory);
        var cache = new AclCache(Start(rows), _clock, TimeSpan.FromSeconds(60));
        rows.BeforeQuery = async () =>
        {
            await Start().AddAsync([Ann], default);
            cache.Drop();
        };

        var rules = await cache.RulesAsync(default);

        Assert.True(rules.Allow(new Principal("User:ann", []), AclResourceType.Topic, "t", AclOperation.Read));
        Assert.Equal(2, rows.Queries);
    }

    private Acls Start(IRowStore? rows = null) => new(rows ?? _store, TimeProvider.System, new Random(1));
}
