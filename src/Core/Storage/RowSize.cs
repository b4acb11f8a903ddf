using System.Buffers;

namespace Serverless.Core.Storage;

/// <summary>How large a row is to the service, and which columns it takes.</summary>
internal static class RowSize
{
    // What a transaction says about one action besides its keys and values: part headers, URL, conditions. A test holds
    // the whole against what the SDK sends.
    private const int ActionBytes = 1024;

    private static readonly SearchValues<char> NameCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_");

    private static readonly SearchValues<char> PlainCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 .-_");

    private static readonly DateTimeOffset Earliest = new(1601, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Asserts names, types and sizes. The sum is the one that the service's documentation gives.</summary>
    public static void Columns(IReadOnlyDictionary<string, object> columns)
    {
        Invariant.Holds(columns.Count <= StorageRules.ColumnsMax, "a row has at most 252 columns");

        var bytes = 4L + (2 * 2 * StorageRules.KeyLengthMax);
        foreach (var (name, value) in columns)
        {
            Invariant.Holds(IsColumnName(name), "a column's name is an identifier that the service does not keep to itself");
            bytes += 8 + (2 * name.Length) + Stored(value);
        }

        Invariant.Holds(bytes <= StorageRules.RowBytesMax, "a row has at most 1 MiB");
    }

    /// <summary>An upper bound of what an action adds to a transaction's body.</summary>
    public static long OnTheWire(string partition, RowAction action)
    {
        var bytes = ActionBytes + (4L * (partition.Length + action.Row.Length));
        foreach (var (name, value) in action.Columns ?? NoColumns)
        {
            // The name comes twice where the type is written beside the value.
            bytes += (2 * name.Length) + 64 + value switch
            {
                string text => EscapedBytes(text),
                byte[] binary => ((binary.Length + 2) / 3 * 4L) + 2,
                _ => 0,
            };
        }

        return bytes;
    }

    private static readonly Dictionary<string, object> NoColumns = [];

    private static long Stored(object? value)
    {
        switch (value)
        {
            case string text:
                Invariant.Holds(text.Length <= StorageRules.StringLengthMax, "a string has at most 32,768 characters");
                Invariant.Holds(IsWellFormed(text), "a string is well-formed UTF-16");
                return (2 * text.Length) + 4;
            case byte[] binary:
                Invariant.Holds(binary.Length <= StorageRules.BinaryBytesMax, "a binary has at most 65,536 bytes");
                return binary.Length + 4;
            case DateTimeOffset moment:
                Invariant.Holds(moment >= Earliest, "the service's calendar begins in 1601");
                return 8;
            case double number:
                Invariant.Holds(double.IsFinite(number), "a number is finite");
                return 8;
            case int or long or bool:
                return 8;
            default:
                throw new InvariantException(
                    $"A column holds string, int, long, bool, double, DateTimeOffset or byte[], not {value?.GetType().Name ?? "null"}.");
        }
    }

    private static bool IsColumnName(string name) =>
        name.Length is > 0 and <= 255
        && (char.IsAsciiLetter(name[0]) || name[0] == '_')
        && !name.AsSpan().ContainsAnyExcept(NameCharacters)
        && name is not ("PartitionKey" or "RowKey" or "Timestamp" or "ETag");

    // Half a surrogate pair has no UTF-8: it would come back as another character than was stored.
    private static bool IsWellFormed(string text)
    {
        var rest = text.AsSpan();
        while (rest.IndexOfAnyInRange('\uD800', '\uDFFF') is var at and >= 0)
        {
            if (at + 1 == rest.Length || !char.IsSurrogatePair(rest[at], rest[at + 1]))
            {
                return false;
            }

            rest = rest[(at + 2)..];
        }

        return true;
    }

    // Whatever is not plain may be written as \u and four digits.
    private static long EscapedBytes(string text)
    {
        var bytes = text.Length + 2L;
        var rest = text.AsSpan();
        while (rest.IndexOfAnyExcept(PlainCharacters) is var at and >= 0)
        {
            bytes += 5;
            rest = rest[(at + 1)..];
        }

        return bytes;
    }
}
