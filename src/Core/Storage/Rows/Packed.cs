using System.Text;

namespace Serverless.Core.Storage.Rows;

/// <summary>Lists packed into binary columns: varints and UTF-8, cut to what one property may hold.</summary>
/// <remarks>
/// A binary property holds at most 64 KiB and a row 1 MiB (Azure, "Understanding the Table service data model"), so a
/// value is spread over columns <c>name0</c>, <c>name1</c>, ….
/// </remarks>
internal static class Packed
{
    /// <summary>What one row may be given to pack: a row holds 1 MiB, and all rows of one transaction together 4 MiB in base64.</summary>
    public const int BytesMax = 512 * 1024;

    private const int ColumnBytesMax = 60 * 1024;

    public static byte[] Bytes(Action<BinaryWriter> write)
    {
        using var stream = new MemoryStream();
        using (var writer = new BinaryWriter(stream, Encoding.UTF8, leaveOpen: true))
        {
            write(writer);
        }

        return stream.ToArray();
    }

    public static void Put(Dictionary<string, object> columns, string name, byte[] bytes)
    {
        for (var index = 0; index == 0 || index * ColumnBytesMax < bytes.Length; index++)
        {
            var from = index * ColumnBytesMax;
            columns.Add($"{name}{index}", bytes[from..Math.Min(bytes.Length, from + ColumnBytesMax)]);
        }
    }

    public static BinaryReader Open(IReadOnlyDictionary<string, object> columns, string name)
    {
        var stream = new MemoryStream();
        for (var index = 0; columns.TryGetValue($"{name}{index}", out var part); index++)
        {
            stream.Write((byte[])part);
        }

        stream.Position = 0;
        return new BinaryReader(stream, Encoding.UTF8);
    }

    public static void WriteList<T>(BinaryWriter writer, IReadOnlyCollection<T> items, Action<T> write)
    {
        writer.Write7BitEncodedInt(items.Count);
        foreach (var item in items)
        {
            write(item);
        }
    }

    public static List<T> ReadList<T>(BinaryReader reader, Func<T> read)
    {
        var count = reader.Read7BitEncodedInt();
        var items = new List<T>();
        for (var index = 0; index < count; index++)
        {
            items.Add(read());
        }

        return items;
    }
}
