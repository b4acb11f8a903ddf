using Serverless.Core;
using Serverless.Core.Storage;
using static Serverless.Contract.Rows.RowTesting;

namespace Serverless.Contract.Rows;

/// <summary>What every <see cref="IRowStore"/> promises to who changes rows.</summary>
public abstract class RowStoreContract
{
    private const string NeverAnETag = "W/\"datetime'2001-01-01T00%3A00%3A00.0000000Z'\"";

    protected abstract IRowStore Rows { get; }

    [Fact]
    public async Task A_row_that_was_inserted_is_read_under_the_ETag_that_the_insert_gave()
    {
        var etag = await Rows.InsertAsync("a", 1);

        var row = await Rows.RowAsync("a");

        Assert.Equal(new RowKey(Partition, "a"), row!.Key);
        Assert.Equal(etag, row.ETag);
        Assert.Equal(Columns(1), row.Columns);
    }

    [Fact]
    public async Task A_row_is_inserted_once()
    {
        await Rows.InsertAsync("a", 1);

        var again = await Rows.SubmitAsync(RowAction.Insert("a", Columns(2)));

        Assert.Equal(SubmitOutcome.Conflict, again.Outcome);
        Assert.Empty(again.ETags);
        Assert.Equal(1, await Rows.ValueAsync("a"));
    }

    [Fact]
    public async Task A_replacement_leaves_nothing_of_the_old_columns_and_changes_the_ETag()
    {
        var first = await Rows.SubmitAsync(
            RowAction.Insert("a", new Dictionary<string, object> { ["value"] = 1, ["old"] = "x" }));

        var replaced = await Rows.SubmitAsync(RowAction.Replace("a", Columns(2), first.ETags[0]!));

        var row = await Rows.RowAsync("a");
        Assert.Equal(SubmitOutcome.Committed, replaced.Outcome);
        Assert.Equal(Columns(2), row!.Columns);
        Assert.Equal(Assert.Single(replaced.ETags), row.ETag);
        Assert.NotEqual(first.ETags[0], row.ETag);
    }

    [Fact]
    public async Task Writing_the_same_columns_again_changes_the_ETag_all_the_same()
    {
        var first = await Rows.InsertAsync("a", 1);

        var second = Assert.Single((await Rows.SubmitAsync(RowAction.Replace("a", Columns(1), first))).ETags)!;
        var stale = await Rows.SubmitAsync(RowAction.Replace("a", Columns(3), first));

        Assert.NotEqual(first, second);
        Assert.Equal(SubmitOutcome.Conflict, stale.Outcome);
    }

    [Fact]
    public async Task A_deleted_row_is_gone()
    {
        var etag = await Rows.InsertAsync("a", 1);

        var deleted = await Rows.SubmitAsync(RowAction.Delete("a", etag));

        Assert.Equal(SubmitOutcome.Committed, deleted.Outcome);
        Assert.Null(Assert.Single(deleted.ETags));
        Assert.Null(await Rows.RowAsync("a"));
    }

    [Fact]
    public async Task A_replacement_or_deletion_under_a_stale_ETag_is_a_conflict()
    {
        var stale = await Rows.InsertAsync("a", 1);
        await Rows.SubmitAsync(RowAction.Replace("a", Columns(2), stale));

        var replaced = await Rows.SubmitAsync(RowAction.Replace("a", Columns(3), stale));
        var deleted = await Rows.SubmitAsync(RowAction.Delete("a", stale));

        Assert.Equal((SubmitOutcome.Conflict, SubmitOutcome.Conflict), (replaced.Outcome, deleted.Outcome));
        Assert.Equal(2, await Rows.ValueAsync("a"));
    }

    [Fact]
    public async Task A_replacement_or_deletion_of_a_row_that_is_not_there_is_a_conflict()
    {
        await Rows.InsertAsync("other", 1);

        var replaced = await Rows.SubmitAsync(RowAction.Replace("a", Columns(3), NeverAnETag));
        var deleted = await Rows.SubmitAsync(RowAction.Delete("a", NeverAnETag));

        Assert.Equal((SubmitOutcome.Conflict, SubmitOutcome.Conflict), (replaced.Outcome, deleted.Outcome));
        Assert.Null(await Rows.RowAsync("a"));
    }

    [Fact]
    public async Task An_ETag_of_a_row_that_was_deleted_does_not_fit_the_next_of_its_name()
    {
        var old = await Rows.InsertAsync("a", 1);
        await Rows.SubmitAsync(RowAction.Delete("a", old));
        await Rows.InsertAsync("a", 2);

        var replaced = await Rows.SubmitAsync(RowAction.Replace("a", Columns(3), old));

        Assert.Equal(SubmitOutcome.Conflict, replaced.Outcome);
        Assert.Equal(2, await Rows.ValueAsync("a"));
    }

    [Fact]
    public async Task In_a_table_that_was_never_made_there_are_no_rows()
    {
        var read = await Rows.GetAsync(Table, new RowKey(Partition, "a"), default);
        var page = await Rows.QueryAsync(Table, new RowQuery(Partition), default);
        var replaced = await Rows.SubmitAsync(RowAction.Replace("a", Columns(3), NeverAnETag));
        var many = await Rows.SubmitAsync(RowAction.Delete("a", NeverAnETag), RowAction.Insert("b", Columns(1)));

        Assert.Null(read.Row);
        AssertNow(read.ServedAt);
        Assert.Empty(page.Rows);
        AssertNow(page.ServedAt);
        Assert.Equal((SubmitOutcome.Conflict, SubmitOutcome.Conflict), (replaced.Outcome, many.Outcome));
    }

    [Fact]
    public async Task A_transaction_may_be_the_first_that_a_table_sees()
    {
        var committed = await Rows.SubmitAsync(RowAction.Insert("a", Columns(1)), RowAction.Insert("b", Columns(2)));

        Assert.Equal(SubmitOutcome.Committed, committed.Outcome);
        Assert.Equal((1, 2), (await Rows.ValueAsync("a"), await Rows.ValueAsync("b")));
    }

    [Fact]
    public async Task A_transaction_gives_the_ETag_of_each_row_in_the_order_of_its_actions()
    {
        var first = await Rows.InsertAsync("a", 1);
        var second = await Rows.InsertAsync("z", 2);

        var committed = await Rows.SubmitAsync(
            RowAction.Replace("z", Columns(3), second), RowAction.Delete("a", first), RowAction.Insert("m", Columns(4)));

        Assert.Equal(SubmitOutcome.Committed, committed.Outcome);
        Assert.Equal(
            [(await Rows.RowAsync("z"))!.ETag, null, (await Rows.RowAsync("m"))!.ETag], committed.ETags);
        Assert.Null(await Rows.RowAsync("a"));
    }

    [Theory]
    [InlineData(RowActionKind.Insert, 0)]
    [InlineData(RowActionKind.Insert, 2)]
    [InlineData(RowActionKind.Insert, 4)]
    [InlineData(RowActionKind.Replace, 0)]
    [InlineData(RowActionKind.Replace, 2)]
    [InlineData(RowActionKind.Replace, 4)]
    [InlineData(RowActionKind.Delete, 0)]
    [InlineData(RowActionKind.Delete, 2)]
    [InlineData(RowActionKind.Delete, 4)]
    public async Task A_conflict_at_any_place_of_a_transaction_undoes_all_of_it(RowActionKind kind, int place)
    {
        var replaced = await Rows.InsertAsync("replaced", 1);
        var deleted = await Rows.InsertAsync("deleted", 2);
        var stale = await Rows.InsertAsync("taken", 3);
        await Rows.SubmitAsync(RowAction.Replace("taken", Columns(4), stale));
        List<RowAction> actions =
        [
            RowAction.Insert("inserted", Columns(9)),
            RowAction.Replace("replaced", Columns(9), replaced),
            RowAction.Delete("deleted", deleted),
            RowAction.Insert("inserted2", Columns(9)),
        ];
        actions.Insert(place, kind switch
        {
            RowActionKind.Insert => RowAction.Insert("taken", Columns(9)),
            RowActionKind.Replace => RowAction.Replace("taken", Columns(9), stale),
            _ => RowAction.Delete("taken", stale),
        });

        var submitted = await Rows.SubmitAsync([.. actions]);

        Assert.Equal(SubmitOutcome.Conflict, submitted.Outcome);
        Assert.Null(await Rows.RowAsync("inserted"));
        Assert.Null(await Rows.RowAsync("inserted2"));
        Assert.Equal(replaced, (await Rows.RowAsync("replaced"))!.ETag);
        Assert.Equal(deleted, (await Rows.RowAsync("deleted"))!.ETag);
        Assert.Equal((1, 2, 4), (
            await Rows.ValueAsync("replaced"), await Rows.ValueAsync("deleted"), await Rows.ValueAsync("taken")));
    }

    [Theory]
    [InlineData(RowActionKind.Replace)]
    [InlineData(RowActionKind.Delete)]
    public async Task A_transaction_on_a_row_that_is_not_there_is_a_conflict(RowActionKind kind)
    {
        await Rows.InsertAsync("other", 1);

        var submitted = await Rows.SubmitAsync(
            RowAction.Insert("a", Columns(1)),
            kind == RowActionKind.Replace
                ? RowAction.Replace("b", Columns(2), NeverAnETag)
                : RowAction.Delete("b", NeverAnETag));

        Assert.Equal(SubmitOutcome.Conflict, submitted.Outcome);
        Assert.Null(await Rows.RowAsync("a"));
    }

    [Fact]
    public async Task A_transaction_takes_100_actions()
    {
        var actions = Enumerable.Range(0, 100).Select(i => RowAction.Insert($"{i:D3}", Columns(i))).ToArray();

        var committed = await Rows.SubmitAsync(actions);

        var page = await Rows.QueryAsync(Table, new RowQuery(Partition), default);
        Assert.Equal(SubmitOutcome.Committed, committed.Outcome);
        Assert.Equal(page.Rows.Select(row => row.ETag), committed.ETags);
        Assert.Equal(Enumerable.Range(0, 100), page.Rows.Select(row => (int)row.Columns["value"]));
    }

    [Fact]
    public async Task Of_transactions_that_race_for_a_row_one_commits_and_the_others_change_nothing()
    {
        var etag = await Rows.InsertAsync("contended", 0);

        for (var round = 1; round <= 10; round++)
        {
            var results = await Task.WhenAll(Enumerable.Range(0, 8).Select(writer => Task.Run(() => Rows.SubmitAsync(
                RowAction.Insert($"{round}.{writer}", Columns(writer)),
                RowAction.Replace("contended", Columns((round * 100) + writer), etag)))));

            var winner = Assert.Single(results.Index(), result => result.Item.Outcome == SubmitOutcome.Committed);
            Assert.Equal(7, results.Count(result => result.Outcome == SubmitOutcome.Conflict));
            Assert.Equal((round * 100) + winner.Index, await Rows.ValueAsync("contended"));
            var left = await Rows.QueryAsync(Table, RowQuery.Prefix(Partition, $"{round}."), default);
            Assert.Equal($"{round}.{winner.Index}", Assert.Single(left.Rows).Key.Row);
            etag = winner.Item.ETags[1]!;
        }
    }

    [Fact]
    public async Task Partitions_and_tables_do_not_share_rows()
    {
        await Rows.InsertAsync("a", 1);

        var otherPartition = await Rows.SubmitAsync(Table, "q", [RowAction.Insert("a", Columns(2))], default);
        var otherTable = await Rows.SubmitAsync("others", Partition, [RowAction.Insert("a", Columns(3))], default);

        Assert.Equal(
            (SubmitOutcome.Committed, SubmitOutcome.Committed), (otherPartition.Outcome, otherTable.Outcome));
        Assert.Equal(1, await Rows.ValueAsync("a"));
    }

    [Fact]
    public async Task Every_reply_tells_the_service_clock()
    {
        var committed = await Rows.SubmitAsync(RowAction.Insert("a", Columns(1)));
        var conflict = await Rows.SubmitAsync(RowAction.Insert("a", Columns(1)));
        var gone = await Rows.SubmitAsync(RowAction.Delete("b", NeverAnETag));
        var many = await Rows.SubmitAsync(RowAction.Insert("c", Columns(1)), RowAction.Insert("d", Columns(1)));
        var undone = await Rows.SubmitAsync(RowAction.Insert("e", Columns(1)), RowAction.Insert("d", Columns(1)));
        var read = await Rows.GetAsync(Table, new RowKey(Partition, "a"), default);
        var missing = await Rows.GetAsync(Table, new RowKey(Partition, "x"), default);
        var page = await Rows.QueryAsync(Table, new RowQuery(Partition), default);

        Assert.All(
            [
                committed.ServedAt, conflict.ServedAt, gone.ServedAt, many.ServedAt, undone.ServedAt, read.ServedAt,
                missing.ServedAt, page.ServedAt,
            ],
            AssertNow);
    }

    [Fact]
    public async Task What_the_service_would_refuse_or_do_unconditionally_is_a_bug()
    {
        var columns = Columns(1);
        var tooMany = Enumerable.Range(0, 101).Select(i => RowAction.Insert($"{i}", columns)).ToArray();

        await AssertBugAsync(tooMany);
        await AssertBugAsync();
        await AssertBugAsync(RowAction.Insert("a", columns), RowAction.Insert("a", columns));
        await AssertBugAsync(RowAction.Replace("a", columns, "*"));
        await AssertBugAsync(RowAction.Replace("a", columns, ""));
        await AssertBugAsync(RowAction.Delete("a", "*"));
        await AssertBugAsync(new RowAction(RowActionKind.Delete, "a", null, null));
        await AssertBugAsync(new RowAction(RowActionKind.Insert, "a", null, null));
        await AssertBugAsync(new RowAction(RowActionKind.Insert, "a", columns, "W/\"1\""));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a/b")]
    [InlineData("a\\b")]
    [InlineData("a#b")]
    [InlineData("a?b")]
    [InlineData("a\tb")]
    [InlineData("a\u007fb")]
    [InlineData("a'b")]
    [InlineData("é")]
    public async Task A_key_that_is_not_encoded_is_a_bug(string key)
    {
        await AssertBugAsync(RowAction.Insert(key, Columns(1)));
        await Assert.ThrowsAsync<InvariantException>(
            async () => await Rows.GetAsync(Table, new RowKey(key, "a"), default));
        await Assert.ThrowsAsync<InvariantException>(
            async () => await Rows.QueryAsync(Table, new RowQuery(key), default));
    }

    [Fact]
    public async Task A_key_has_up_to_512_characters()
    {
        var longest = new string('k', 512);

        var committed = await Rows.SubmitAsync(Table, longest, [RowAction.Insert(longest, Columns(1))], default);

        Assert.Equal(SubmitOutcome.Committed, committed.Outcome);
        Assert.NotNull((await Rows.GetAsync(Table, new RowKey(longest, longest), default)).Row);
        await AssertBugAsync(RowAction.Insert(longest + "k", Columns(1)));
    }

    [Theory]
    [InlineData("ab")]
    [InlineData("Things")]
    [InlineData("1things")]
    [InlineData("the-things")]
    public async Task A_table_name_that_the_service_would_refuse_or_fold_is_a_bug(string table) =>
        await Assert.ThrowsAsync<InvariantException>(
            async () => await Rows.GetAsync(table, new RowKey("a", "a"), default));

    private static void AssertNow(DateTimeOffset servedAt)
    {
        Assert.Equal(DateTimeOffset.UtcNow, servedAt, TimeSpan.FromSeconds(30));
        Assert.Equal(0, servedAt.Ticks % TimeSpan.TicksPerSecond);
    }

    private async Task AssertBugAsync(params RowAction[] actions) =>
        await Assert.ThrowsAsync<InvariantException>(() => Rows.SubmitAsync(actions));
}
