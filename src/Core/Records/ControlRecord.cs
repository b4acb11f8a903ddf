using System.Buffers.Binary;

namespace Serverless.Core.Records;

/// <summary>
/// Records that the log writes to itself: how transactions ended, and where a segment or a topic did.
/// </summary>
/// <remarks>
/// The key is two 16-bit numbers, version and type. A later version may add fields but not change these, so any
/// version is read. Types from 100 on are ours: Kafka's clients take types that they do not know for none of their
/// business.
/// </remarks>
public static class ControlRecord
{
    /// <summary>The transaction of this producer id and epoch was aborted.</summary>
    public const short Abort = 0;

    /// <summary>The transaction of this producer id and epoch was committed.</summary>
    public const short Commit = 1;

    /// <summary>Nothing follows in this segment; the log goes on in the next.</summary>
    public const short SegmentEnd = 100;

    /// <summary>The topic was deleted; nothing may be appended any more.</summary>
    public const short TopicClosed = 101;

    /// <summary>The first type that is not Kafka's.</summary>
    internal const short OwnTypesMin = SegmentEnd;

    internal const int KeySize = 2 * sizeof(short);

    /// <summary>
    /// The type of a control batch; false when it is none, or its record breaks the format. Never throws.
    /// </summary>
    public static bool TryReadType(ReadOnlySpan<byte> batch, out short type)
    {
        type = 0;

        // Kafka never compresses a control batch, and neither do we.
        if (!RecordBatchHeader.TryRead(batch, out var header)
            || RecordBatch.BrokenRule(header) is not null
            || !header.IsControl
            || header.Compression != CompressionType.None
            || header.RecordCount == 0
            || header.SizeInBytes > batch.Length)
        {
            return false;
        }

        var position = 0;
        var records = batch[RecordBatchHeader.Size..header.SizeInBytes];
        if (RecordCodec.Read(records, ref position, header, 0, out var record) is not null
            || record.Key.Length < KeySize
            || BinaryPrimitives.ReadInt16BigEndian(record.Key) < 0)
        {
            return false;
        }

        type = BinaryPrimitives.ReadInt16BigEndian(record.Key[sizeof(short)..]);
        return true;
    }

    internal static void WriteKey(Span<byte> destination, short version, short type)
    {
        BinaryPrimitives.WriteInt16BigEndian(destination, version);
        BinaryPrimitives.WriteInt16BigEndian(destination[sizeof(short)..], type);
    }
}
