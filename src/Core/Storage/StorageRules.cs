using System.Buffers;

namespace Serverless.Core.Storage;

/// <summary>What a store may be asked for: Azure's limits, and ours where Azure's have sharp edges.</summary>
/// <remarks>
/// Upholds <b>conditional only</b>. Every implementation checks here before it does anything, so that what works in
/// memory works on Azure too. A call that breaks a rule is a bug of ours: <see cref="InvariantException"/>, no effect.
/// Limits: "Scalability and performance targets for Blob storage" and "Understanding the Table service data model".
/// </remarks>
public static class StorageRules
{
    /// <summary>Ours. The service takes 100 MiB since 2022-11-02; what is held in memory per append must stay small.</summary>
    public const int BlockBytesMax = 4 * 1024 * 1024;

    /// <summary>Azure: committed blocks in one append blob.</summary>
    public const int BlocksMax = 50_000;

    /// <summary>Azure: characters in a blob's name.</summary>
    public const int BlobNameLengthMax = 1024;

    /// <summary>Azure: blobs in one page of a listing.</summary>
    public const int ListTakeMax = 5_000;

    /// <summary>Azure: characters in a partition key or row key (1 KiB of UTF-16).</summary>
    public const int KeyLengthMax = 512;

    /// <summary>Azure: actions in one transaction.</summary>
    public const int ActionsMax = 100;

    /// <summary>Azure: columns in one row besides its keys and timestamp.</summary>
    public const int ColumnsMax = 252;

    /// <summary>Azure: characters in a string column (64 KiB of UTF-16).</summary>
    public const int StringLengthMax = 32 * 1024;

    /// <summary>Azure: bytes in a binary column.</summary>
    public const int BinaryBytesMax = 64 * 1024;

    /// <summary>Azure: bytes in one row, by the service's own sum.</summary>
    public const int RowBytesMax = 1024 * 1024;

    /// <summary>Azure: bytes in the body of one transaction.</summary>
    public const int SubmissionBytesMax = 4 * 1024 * 1024;

    /// <summary>Ours. The service takes 63; the rest is left to a prefix.</summary>
    public const int TableLengthMax = 40;

    /// <summary>That rest.</summary>
    public const int TablePrefixLengthMax = 63 - TableLengthMax;

    private const string Encoded = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-=~";

    private static readonly SearchValues<char> KeyCharacters = SearchValues.Create(Encoded + "|");

    private static readonly SearchValues<char> BlobCharacters = SearchValues.Create(Encoded + "/");

    private static readonly SearchValues<char> TableCharacters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789");

    /// <summary>Segments of <see cref="KeyEncoding"/>'s alphabet between slashes; none empty or ending in a dot.</summary>
    /// <remarks>A segment <c>..</c> would be folded away on the way to the service, and name another blob.</remarks>
    public static void BlobName(string name)
    {
        Invariant.Holds(name.Length is > 0 and <= BlobNameLengthMax, "a blob's name has 1 to 1,024 characters");
        Invariant.Holds(!name.AsSpan().ContainsAnyExcept(BlobCharacters), "a blob's name is made of encoded segments");
        Invariant.Holds(name[0] != '/' && name[^1] is not ('/' or '.'), "a blob's name has no empty or dotted end");
        Invariant.Holds(
            !name.Contains("//", StringComparison.Ordinal) && !name.Contains("./", StringComparison.Ordinal),
            "no segment of a blob's name is empty or ends in a dot");
    }

    public static void Append(string name, long position, ReadOnlyMemory<byte> block)
    {
        BlobName(name);
        Invariant.Holds(position >= 0, "an append names the position that it expects");
        Invariant.Holds(block.Length is > 0 and <= BlockBytesMax, "a block has 1 byte to 4 MiB");
    }

    public static void Read(string name, long position, int bytesMax)
    {
        BlobName(name);
        Invariant.Holds(position >= 0, "a read begins in the blob");
        Invariant.Holds(bytesMax > 0, "a read asks for a byte at least");
    }

    public static void List(string prefix, int take)
    {
        Invariant.Holds(!prefix.AsSpan().ContainsAnyExcept(BlobCharacters), "a prefix is the beginning of a blob's name");
        Invariant.Holds(take is > 0 and <= ListTakeMax, "a page of a listing has 1 to 5,000 blobs");
    }

    public static void Delete(string name, string etag)
    {
        BlobName(name);
        ETag(etag);
    }

    /// <summary>Lower-case letters and digits, a letter first: Azure compares tables' names without regard to case.</summary>
    public static void Table(string table)
    {
        Invariant.Holds(table.Length is >= 3 and <= TableLengthMax, "a table's name has 3 to 40 characters");
        Invariant.Holds(char.IsAsciiLetterLower(table[0]), "a table's name begins with a letter");
        Invariant.Holds(!table.AsSpan().ContainsAnyExcept(TableCharacters), "a table's name is lower-case");
    }

    /// <summary>What a store may put before every table's name; may be empty.</summary>
    public static void TablePrefix(string prefix)
    {
        Invariant.Holds(prefix.Length <= TablePrefixLengthMax, "a prefix of tables has at most 23 characters");
        Invariant.Holds(prefix.Length == 0 || char.IsAsciiLetterLower(prefix[0]), "a prefix begins with a letter");
        Invariant.Holds(!prefix.AsSpan().ContainsAnyExcept(TableCharacters), "a prefix of tables is lower-case");
    }

    /// <summary>The alphabet is ASCII, so that ordinal order is the same in every implementation.</summary>
    public static void Key(string key)
    {
        Invariant.Holds(key.Length is > 0 and <= KeyLengthMax, "a key has 1 to 512 characters");
        Invariant.Holds(!key.AsSpan().ContainsAnyExcept(KeyCharacters), "a key is made of encoded names and |");
    }

    public static void Get(string table, RowKey key)
    {
        Table(table);
        Key(key.Partition);
        Key(key.Row);
    }

    public static void Query(string table, RowQuery query)
    {
        Table(table);
        Key(query.Partition);
        Invariant.Holds(query.Take > 0, "a query takes a row at least");
        Bound(query.From);
        Bound(query.To);
    }

    public static void Submit(string table, string partition, IReadOnlyList<RowAction> actions)
    {
        Table(table);
        Key(partition);
        Invariant.Holds(actions.Count is > 0 and <= ActionsMax, "a submission has 1 to 100 actions");

        var rows = new HashSet<string>(StringComparer.Ordinal);
        var bytes = 0L;
        foreach (var action in actions)
        {
            Key(action.Row);
            Invariant.Holds(rows.Add(action.Row), "a submission names each row once");
            Conditional(action);
            bytes += RowSize.OnTheWire(partition, action);
        }

        Invariant.Holds(bytes <= SubmissionBytesMax, "a submission has at most 4 MiB");
    }

    private static void Conditional(RowAction action)
    {
        switch (action.Kind)
        {
            case RowActionKind.Insert:
                Invariant.Holds(action.ETag is null, "an insert expects no row, and so no ETag");
                break;
            case RowActionKind.Replace:
                ETag(action.ETag);
                break;
            case RowActionKind.Delete:
                ETag(action.ETag);
                Invariant.Holds(action.Columns is null, "a delete has no columns");
                return;
            default:
                throw new InvariantException("An action is an insert, a replacement or a delete.");
        }

        Invariant.Holds(action.Columns is not null, "an insert or replacement has columns");
        RowSize.Columns(action.Columns);
    }

    private static void ETag(string? etag) =>
        Invariant.Holds(etag is { Length: > 0 } && etag != "*", "a replacement or delete names the ETag that it expects");

    // Bounds are compared, never stored: the successor of a prefix may have a character that no key has.
    private static void Bound(string? bound) =>
        Invariant.Holds(bound is null || (bound.Length <= KeyLengthMax && System.Text.Ascii.IsValid(bound)), "a bound is ASCII");
}
