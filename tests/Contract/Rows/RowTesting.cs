using Serverless.Core.Storage;

namespace Serverless.Contract.Rows;

/// <summary>Short ways to say what the row suites say often.</summary>
internal static class RowTesting
{
    public const string Table = "things";
    public const string Partition = "p";

    public static Dictionary<string, object> Columns(int value) => new() { ["value"] = value };

    public static async Task<string> InsertAsync(this IRowStore rows, string row, int value)
    {
        var inserted = await rows.SubmitAsync(Table, Partition, [RowAction.Insert(row, Columns(value))], default);
        Assert.Equal(SubmitOutcome.Committed, inserted.Outcome);
        return Assert.Single(inserted.ETags)!;
    }

    /// <summary>The row's value, or null where there is no row.</summary>
    public static async Task<int?> ValueAsync(this IRowStore rows, string row) =>
        (int?)(await rows.RowAsync(row))?.Columns["value"];

    public static async Task<StoredRow?> RowAsync(this IRowStore rows, string row) =>
        (await rows.GetAsync(Table, new RowKey(Partition, row), default)).Row;

    public static async Task<SubmitResult> SubmitAsync(this IRowStore rows, params RowAction[] actions) =>
        await rows.SubmitAsync(Table, Partition, actions, default);
}
