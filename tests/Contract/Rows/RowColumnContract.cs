using Serverless.Core;
using Serverless.Core.Storage;

namespace Serverless.Contract.Rows;

/// <summary>What every <see cref="IRowStore"/> promises about the values that it keeps.</summary>
public abstract class RowColumnContract
{
    public static TheoryData<string> Names => [.. Values.Keys];

    protected abstract IRowStore Rows { get; }

    private static readonly Dictionary<string, object> Values = new()
    {
        ["int 0"] = 0,
        ["int min"] = int.MinValue,
        ["int max"] = int.MaxValue,
        ["long 5"] = 5L,
        ["long min"] = long.MinValue,
        ["long max"] = long.MaxValue,
        ["long 2^53+1"] = (1L << 53) + 1,
        ["double 1"] = 1.0,
        ["double -3"] = -3.0,
        ["double 0.1"] = 0.1,
        ["double max"] = double.MaxValue,
        ["double least"] = double.Epsilon,
        ["double 1e21"] = 1e21,
        ["bool true"] = true,
        ["bool false"] = false,
        ["string empty"] = "",
        ["string blank"] = "  ",
        ["string number"] = "12",
        ["string date"] = "2026-01-02T03:04:05Z",
        ["string JSON"] = "{\"a\":[1,'\\\\\"]}\r\n\t\u0001\u007f",
        ["string XML"] = "<a b='c'>&amp;]]></a>",
        ["string wide"] = "é\u202e漢字😀\ufeff\uffff",
        ["string longest"] = new string('é', StorageRules.StringLengthMax),
        ["moment"] = new DateTimeOffset(2026, 7, 31, 23, 59, 59, TimeSpan.Zero).AddTicks(1_234_567),
        ["moment whole"] = new DateTimeOffset(2026, 7, 31, 0, 0, 0, TimeSpan.Zero),
        ["moment elsewhere"] = new DateTimeOffset(2026, 7, 31, 12, 0, 0, TimeSpan.FromHours(5.5)),
        ["moment first"] = new DateTimeOffset(1601, 1, 1, 0, 0, 0, TimeSpan.Zero),
        ["moment last"] = DateTimeOffset.MaxValue,
        ["bytes none"] = Array.Empty<byte>(),
        ["bytes each"] = Enumerable.Range(0, 256).Select(i => (byte)i).ToArray(),
        ["bytes longest"] = new byte[StorageRules.BinaryBytesMax],
    };

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_value_comes_back_as_it_was_and_of_its_type(string name)
    {
        var columns = new Dictionary<string, object> { ["value"] = Values[name] };

        await Rows.SubmitAsync(RowAction.Insert("single", columns));
        await Rows.SubmitAsync(RowAction.Insert("many", columns), RowAction.Insert("many2", columns));

        var page = await Rows.QueryAsync(RowTesting.Table, new RowQuery(RowTesting.Partition), default);
        StoredRow[] rows = [.. page.Rows, (await Rows.RowAsync("single"))!];
        Assert.Equal(4, rows.Length);
        Assert.All(rows, row =>
        {
            var value = Assert.Single(row.Columns).Value;
            Assert.IsType(Values[name].GetType(), value);
            Assert.Equal(Values[name], value);
            Assert.Equal(TimeSpan.Zero, (value as DateTimeOffset?)?.Offset ?? TimeSpan.Zero);
        });
    }

    [Fact]
    public async Task A_row_may_have_252_columns_and_none()
    {
        var most = Enumerable.Range(0, 252).ToDictionary(i => $"_c{i}", object (i) => i);

        await Rows.SubmitAsync(RowAction.Insert("none", new Dictionary<string, object>()), RowAction.Insert("most", most));

        Assert.Empty((await Rows.RowAsync("none"))!.Columns);
        Assert.Equivalent(most, (await Rows.RowAsync("most"))!.Columns, strict: true);
    }

    [Fact]
    public async Task A_stored_value_does_not_change_with_the_array_it_was_made_from_or_read_into()
    {
        byte[] written = [1, 2, 3];
        var columns = new Dictionary<string, object> { ["value"] = written };
        await Rows.SubmitAsync(RowAction.Insert("a", columns));

        written[0] = 9;
        columns["other"] = 1;
        ((byte[])(await Rows.RowAsync("a"))!.Columns["value"])[1] = 9;

        var column = Assert.Single((await Rows.RowAsync("a"))!.Columns);
        Assert.Equal([1, 2, 3], (byte[])column.Value);
    }

    [Fact]
    public async Task A_transaction_takes_about_4_MiB()
    {
        // 62 rows of 64 KiB: base64 makes a third more of them than of text, whence fewer than 64.
        var columns = new Dictionary<string, object> { ["value"] = new byte[48 * 1024] };
        var fits = Enumerable.Range(0, 62).Select(i => RowAction.Insert($"{i}", columns)).ToArray();
        var tooMuch = Enumerable.Range(0, 64).Select(i => RowAction.Insert($"{i}", columns)).ToArray();

        await Assert.ThrowsAsync<InvariantException>(() => Rows.SubmitAsync(tooMuch));
        var committed = await Rows.SubmitAsync(fits);

        Assert.Equal(SubmitOutcome.Committed, committed.Outcome);
    }

    [Fact]
    public async Task A_column_that_the_service_would_refuse_or_change_is_a_bug()
    {
        await AssertBugAsync("value", new string('a', StorageRules.StringLengthMax + 1));
        await AssertBugAsync("value", new byte[StorageRules.BinaryBytesMax + 1]);
        await AssertBugAsync("value", "\ud800");
        await AssertBugAsync("value", "a\udc00b");
        await AssertBugAsync("value", 1u);
        await AssertBugAsync("value", (short)1);
        await AssertBugAsync("value", DateTime.UnixEpoch);
        await AssertBugAsync("value", DateTimeOffset.MinValue);
        await AssertBugAsync("value", double.NaN);
        await AssertBugAsync("value", null!);
        await AssertBugAsync("", 1);
        await AssertBugAsync("1a", 1);
        await AssertBugAsync("a-b", 1);
        await AssertBugAsync("a.b", 1);
        await AssertBugAsync("RowKey", 1);
        await AssertBugAsync("Timestamp", 1);
    }

    [Fact]
    public async Task A_row_of_more_than_a_mebibyte_or_252_columns_is_a_bug()
    {
        var large = Enumerable.Range(0, 17).ToDictionary(i => $"c{i}", object (_) => new byte[64 * 1024]);
        var wide = Enumerable.Range(0, 253).ToDictionary(i => $"c{i}", object (i) => i);

        await Assert.ThrowsAsync<InvariantException>(() => Rows.SubmitAsync(RowAction.Insert("a", large)));
        await Assert.ThrowsAsync<InvariantException>(() => Rows.SubmitAsync(RowAction.Insert("a", wide)));
    }

    private async Task AssertBugAsync(string name, object value) => await Assert.ThrowsAsync<InvariantException>(
        () => Rows.SubmitAsync(RowAction.Insert("a", new Dictionary<string, object> { [name] = value })));
}
