using System.IO.Compression;
using Serverless.Core.Log;
using Serverless.Core.Storage;
using Serverless.Core.Storage.Rows;

namespace Serverless.Core.Idempotency;

/// <summary>One row a key in its scope; spread over partition keys by its hash. Names in quotes are stored.</summary>
/// <remarks>
/// A retry finds the row by its key alone, so its place cannot tell when it expires: the sweep goes through the shards in turn.
/// </remarks>
internal static class KeyRowCodec
{
    public const int Shards = 64;

    private const int CompressedFromBytes = 1024;

    public static RowKey KeyOf(string requestId) =>
        new(PartitionOf(Convert.ToInt32(requestId[..2], 16) % Shards), requestId);

    public static string PartitionOf(int shard) => $"k|{shard:x2}";

    /// <summary>Null: the answer is larger than a row.</summary>
    public static Dictionary<string, object>? Encode(KeyRow value)
    {
        var columns = new Dictionary<string, object>
        {
            ["fingerprint"] = value.Fingerprint.ToArray(),
            ["request"] = value.RequestId,
            ["attempt"] = value.Attempt,
            ["state"] = (int)value.State,
            ["lease"] = value.Lease,
            ["expires"] = value.ExpiresAt,
        };
        if (value.Start is { } start)
        {
            columns["topic"] = start.TopicId;
            Packed.Put(columns, "start", Packed.Bytes(writer => WriteStart(writer, start)));
        }

        return value.Reply is not { } reply || Put(columns, reply) ? columns : null;
    }

    public static KeyRow Decode(StoredRow row)
    {
        var columns = row.Columns;
        return new KeyRow(
            (byte[])columns["fingerprint"], (string)columns["request"], (string)columns["attempt"], (KeyState)(int)columns["state"],
            (DateTimeOffset)columns["lease"], (DateTimeOffset)columns["expires"])
        {
            Start = columns.TryGetValue("topic", out var topic) ? ReadStart((string)topic, columns) : null,
            Reply = columns.TryGetValue("status", out var status) ? ReadReply((int)status, columns) : null,
        };
    }

    private static void WriteStart(BinaryWriter writer, ProduceStart start)
    {
        writer.Write7BitEncodedInt(start.Partitions);
        writer.Write7BitEncodedInt64(start.TimestampMs ?? -1);
        writer.Write7BitEncodedInt(start.MessageBytesMax ?? -1);
        Packed.WriteList(writer, start.Ends.OrderBy(end => end.Key).ToList(), end =>
        {
            writer.Write7BitEncodedInt(end.Key);
            writer.Write7BitEncodedInt64(end.Value);
        });
    }

    private static ProduceStart ReadStart(string topicId, IReadOnlyDictionary<string, object> columns)
    {
        using var reader = Packed.Open(columns, "start");
        var partitions = reader.Read7BitEncodedInt();
        var timestampMs = reader.Read7BitEncodedInt64();
        var messageBytesMax = reader.Read7BitEncodedInt();
        var ends = Packed.ReadList(reader, () => KeyValuePair.Create(reader.Read7BitEncodedInt(), reader.Read7BitEncodedInt64()));
        return new ProduceStart(topicId, partitions, new Dictionary<int, long>(ends))
        {
            TimestampMs = timestampMs < 0 ? null : timestampMs,
            MessageBytesMax = messageBytesMax < 0 ? null : messageBytesMax,
        };
    }

    private static bool Put(Dictionary<string, object> columns, StoredReply reply)
    {
        var isCompressed = reply.Body.Length >= CompressedFromBytes;
        var body = isCompressed ? Compress(reply.Body.Span) : reply.Body.ToArray();
        var headers = Packed.Bytes(writer => Packed.WriteList(writer, reply.Headers, header =>
        {
            writer.Write(header.Name);
            writer.Write(header.Value);
        }));
        if (body.Length + headers.Length > Packed.BytesMax)
        {
            return false;
        }

        columns["status"] = reply.Status;
        columns["type"] = reply.ContentType ?? "";
        columns["gzip"] = isCompressed;
        Packed.Put(columns, "headers", headers);
        Packed.Put(columns, "body", body);
        return true;
    }

    private static StoredReply ReadReply(int status, IReadOnlyDictionary<string, object> columns)
    {
        using var headers = Packed.Open(columns, "headers");
        using var packed = Packed.Open(columns, "body");
        using var body = new MemoryStream();
        using var stream = (bool)columns["gzip"] ? new GZipStream(packed.BaseStream, CompressionMode.Decompress) : packed.BaseStream;
        stream.CopyTo(body);
        return new StoredReply(
            status, (string)columns["type"] is { Length: > 0 } type ? type : null,
            Packed.ReadList(headers, () => (headers.ReadString(), headers.ReadString())), body.ToArray());
    }

    private static byte[] Compress(ReadOnlySpan<byte> body)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(body);
        }

        return packed.ToArray();
    }
}
