using Serverless.Core.Storage;
using static Serverless.Contract.Rows.RowTesting;

namespace Serverless.Contract.Rows;

/// <summary>What every <see cref="IRowStore"/> promises to who queries it.</summary>
public abstract class RowQueryContract
{
    protected abstract IRowStore Rows { get; }

    [Fact]
    public async Task Rows_come_in_ordinal_order_of_their_keys()
    {
        string[] keys = ["b", "a|2", "a|10", "B", "a", "a-b", "a.b", "a=20b", "a~b", "a_b", "Z", "a|1", "0", "ab"];
        await InsertAsync(keys);

        var page = await QueryAsync(new RowQuery(Partition));

        Assert.Equal(keys.Order(StringComparer.Ordinal), Keys(page));
        Assert.False(page.More);
    }

    [Theory]
    [InlineData(null, null, "a b c d")]
    [InlineData("b", null, "b c d")]
    [InlineData(null, "c", "a b")]
    [InlineData("b", "d", "b c")]
    [InlineData("b", "b", "")]
    [InlineData("d", "b", "")]
    [InlineData("bb", "cc", "c")]
    [InlineData("e", null, "")]
    [InlineData("", "a", "")]
    public async Task A_range_has_its_first_key_and_not_its_last(string? from, string? to, string expected)
    {
        await InsertAsync("a", "b", "c", "d");

        var page = await QueryAsync(new RowQuery(Partition, from, to));

        Assert.Equal(expected, string.Join(' ', Keys(page)));
        Assert.False(page.More);
    }

    [Fact]
    public async Task A_prefix_gives_the_rows_whose_keys_begin_with_it()
    {
        await InsertAsync("o|a|00000", "o|a|00001", "o|ab|00000", "o|a", "p|a|00000", "o|a~|1", "O|a|00002");

        var page = await QueryAsync(RowQuery.Prefix(Partition, "o|a|"));

        Assert.Equal(["o|a|00000", "o|a|00001"], Keys(page));
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(4, true)]
    [InlineData(5, false)]
    [InlineData(6, false)]
    public async Task More_tells_whether_the_range_goes_on_behind_the_rows_given(int take, bool more)
    {
        await InsertAsync("a", "b", "c", "d", "e", "f");

        var page = await QueryAsync(new RowQuery(Partition, To: "f", Take: take));

        Assert.Equal(Math.Min(take, 5), page.Rows.Count);
        Assert.Equal(more, page.More);
    }

    [Fact]
    public async Task Rows_of_other_partitions_are_neither_given_nor_announced()
    {
        await InsertAsync("a", "b");
        await Rows.SubmitAsync(Table, "o", [RowAction.Insert("c", Columns(1))], default);
        await Rows.SubmitAsync(Table, "q", [RowAction.Insert("a", Columns(1))], default);

        var page = await QueryAsync(new RowQuery(Partition, Take: 2));

        Assert.Equal(["a", "b"], Keys(page));
        Assert.False(page.More);
    }

    [Theory]
    [InlineData("x' or PartitionKey ne '")]
    [InlineData("' or '' eq '")]
    [InlineData("a\"b")]
    [InlineData("a&$top=1")]
    [InlineData("%27")]
    public async Task A_bound_cannot_say_more_than_a_bound(string bound)
    {
        await InsertAsync("a", "z");

        var page = await QueryAsync(new RowQuery(Partition, bound, "~"));

        Assert.Equal(new[] { "a", "z" }.Where(key => string.CompareOrdinal(key, bound) >= 0), Keys(page));
    }

    [Fact]
    public async Task More_than_a_thousand_rows_are_given_at_once_or_page_by_page()
    {
        await InsertAsync([.. Enumerable.Range(0, 2345).Select(i => $"{i:D5}")]);

        var all = await QueryAsync(new RowQuery(Partition, Take: 5000));
        var most = await QueryAsync(new RowQuery(Partition, Take: 2344));
        var service = await QueryAsync(new RowQuery(Partition));
        var paged = new List<string>();
        for (var page = service; ; page = await QueryAsync(new RowQuery(Partition, From: paged[^1] + "|")))
        {
            paged.AddRange(Keys(page));
            if (!page.More)
            {
                break;
            }
        }

        var expected = Enumerable.Range(0, 2345).Select(i => $"{i:D5}").ToArray();
        Assert.Equal(expected, Keys(all));
        Assert.False(all.More);
        Assert.Equal(2344, most.Rows.Count);
        Assert.True(most.More);
        Assert.Equal(1000, service.Rows.Count);
        Assert.True(service.More);
        Assert.Equal(expected, paged);
    }

    [Fact]
    public async Task A_queried_row_is_the_row_that_is_read()
    {
        await InsertAsync("a");

        var queried = Assert.Single((await QueryAsync(new RowQuery(Partition))).Rows);

        var read = await Rows.RowAsync("a");
        Assert.Equal((read!.Key, read.ETag), (queried.Key, queried.ETag));
        Assert.Equal(read.Columns, queried.Columns);
    }

    private static IEnumerable<string> Keys(RowPage page) => page.Rows.Select(row => row.Key.Row);

    private async Task<RowPage> QueryAsync(RowQuery query) => await Rows.QueryAsync(Table, query, default);

    private async Task InsertAsync(params string[] keys)
    {
        foreach (var some in keys.Chunk(100))
        {
            var inserted = await Rows.SubmitAsync([.. some.Select(key => RowAction.Insert(key, Columns(1)))]);
            Assert.Equal(SubmitOutcome.Committed, inserted.Outcome);
        }
    }
}
