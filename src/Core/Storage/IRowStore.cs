namespace Serverless.Core.Storage;

/// <summary>Rows of Azure Table Storage: what topics, checkpoints and groups need of it, and no more.</summary>
/// <remarks>
/// Upholds <b>conditional only</b>: rows are inserted when absent, replaced or deleted under their ETag, never
/// otherwise. Mutations are sent to the service once; when the reply is lost, times out or is a 5xx, the outcome is
/// <c>Unknown</c> and the caller settles it by reading back. Reads are retried inside. Failures that no retry can mend
/// throw <see cref="StorageException"/>. Tables are made when first needed.
/// </remarks>
public interface IRowStore
{
    ValueTask<RowRead> GetAsync(string table, RowKey key, CancellationToken cancellationToken);

    /// <summary>Rows of one partition key in ordinal order of their row keys, at most <c>Take</c> of them.</summary>
    ValueTask<RowPage> QueryAsync(string table, RowQuery query, CancellationToken cancellationToken);

    /// <summary>Applies 1 to 100 actions on distinct rows of one partition key, all or none.</summary>
    ValueTask<SubmitResult> SubmitAsync(
        string table, string partition, IReadOnlyList<RowAction> actions, CancellationToken cancellationToken);
}

/// <summary>A row's whole key. Both parts must be made of what <see cref="KeyEncoding"/> lets through, and <c>|</c>.</summary>
public readonly record struct RowKey(string Partition, string Row);

/// <summary>A stored row. Columns hold string, int, long, bool, double, DateTimeOffset or byte[]; never null.</summary>
public sealed record StoredRow(RowKey Key, string ETag, IReadOnlyDictionary<string, object> Columns);

/// <summary>A row, or null, and the service's clock when it answered (its <c>Date</c> header, whole seconds).</summary>
public readonly record struct RowRead(StoredRow? Row, DateTimeOffset ServedAt);

/// <summary>Row keys from <c>From</c> (inclusive) to <c>To</c> (exclusive), compared as ordinals; null is unbounded.</summary>
public sealed record RowQuery(string Partition, string? From = null, string? To = null, int Take = 1000)
{
    /// <summary>All rows whose keys begin with <paramref name="prefix"/>, which ends in an ASCII character.</summary>
    public static RowQuery Prefix(string partition, string prefix, int take = 1000) =>
        new(partition, prefix, prefix[..^1] + (char)(prefix[^1] + 1), take);

    /// <summary>The same range, from behind a row on. <c>!</c> sorts below every character that keys are made of.</summary>
    public RowQuery Behind(string row) => this with { From = row + "!" };
}

/// <summary>Up to <c>Take</c> rows; <c>More</c> when the range holds others behind the last one given.</summary>
public sealed record RowPage(IReadOnlyList<StoredRow> Rows, bool More, DateTimeOffset ServedAt);

public enum RowActionKind
{
    Insert,
    Replace,
    Delete,
}

/// <summary>One conditional change of one row.</summary>
public sealed record RowAction(
    RowActionKind Kind, string Row, IReadOnlyDictionary<string, object>? Columns, string? ETag)
{
    /// <summary>Adds the row if there is none with its key.</summary>
    public static RowAction Insert(string row, IReadOnlyDictionary<string, object> columns) =>
        new(RowActionKind.Insert, row, columns, null);

    /// <summary>Replaces all columns of the row if it still has this ETag.</summary>
    public static RowAction Replace(string row, IReadOnlyDictionary<string, object> columns, string etag) =>
        new(RowActionKind.Replace, row, columns, etag);

    /// <summary>Removes the row if it still has this ETag.</summary>
    public static RowAction Delete(string row, string etag) => new(RowActionKind.Delete, row, null, etag);
}

public enum SubmitOutcome
{
    Committed,

    /// <summary>A row was not as expected; nothing was changed.</summary>
    Conflict,

    /// <summary>All of it or none of it happened, or may yet happen.</summary>
    Unknown,
}

/// <summary>What became of a submission. <c>ETags</c> has one entry an action where it was committed (null for deletes).</summary>
/// <remarks><c>ServedAt</c> is default where the outcome is unknown because no reply came.</remarks>
public readonly record struct SubmitResult(
    SubmitOutcome Outcome, IReadOnlyList<string?> ETags, DateTimeOffset ServedAt);
