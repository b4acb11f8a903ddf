using System.Buffers.Binary;

namespace Serverless.Core.Records;

/// <summary>A record batch of magic 2 as bytes: checked as a whole, and stamped in place by the log.</summary>
/// <remarks>
/// Upholds <b>whole records</b>: nothing behind the header is looked at before length and checksum are right. Kafka's
/// rules of reading are taken over; where Kafka would read on with a nonsensical number, the batch is refused.
/// </remarks>
public static class RecordBatch
{
    /// <summary>The only format version that is read or written.</summary>
    public const byte Magic = 2;

    /// <summary>The smallest <c>BatchLength</c>: the header's bytes behind that field.</summary>
    public const int LengthMin = RecordBatchHeader.Size - RecordBatchHeader.LogOverhead;

    /// <summary>
    /// The largest <c>BatchLength</c>. Ours: a wild length is told from a long batch before its bytes are waited for.
    /// </summary>
    public const int LengthMax = 16 * 1024 * 1024;

    /// <summary>
    /// The largest size of a batch's records once decompressed, unless the reader says otherwise. Ours.
    /// </summary>
    public const int DecompressedBytesMax = 16 * 1024 * 1024;

    internal const string BytesBehindRecords = "there are bytes behind the last record";

    /// <summary>
    /// Checks the batch that <paramref name="source"/> begins with; more may follow it. Never throws.
    /// </summary>
    /// <param name="header">The fields as they stand, wherever there are 61 bytes.</param>
    /// <param name="rule">The rule that is broken, where the answer is Corrupt.</param>
    public static BatchCheck Check(ReadOnlySpan<byte> source, out RecordBatchHeader header, out string? rule)
    {
        rule = null;
        if (!RecordBatchHeader.TryRead(source, out header))
        {
            return BatchCheck.Incomplete;
        }

        rule = BrokenRule(header);
        if (rule is not null)
        {
            return BatchCheck.Corrupt;
        }

        if (source.Length < header.SizeInBytes)
        {
            return BatchCheck.Incomplete;
        }

        if (Checksum(source[..header.SizeInBytes]) != header.Crc)
        {
            rule = "the checksum is not that of the bytes";
            return BatchCheck.Corrupt;
        }

        return BatchCheck.Valid;
    }

    /// <summary>
    /// Sets where the batch lies in the log, and who appended it, in place: both are outside of the CRC.
    /// </summary>
    public static void Stamp(Span<byte> batch, long baseOffset, int leaderEpoch)
    {
        BinaryPrimitives.WriteInt64BigEndian(batch[RecordBatchHeader.At.BaseOffset..], baseOffset);
        BinaryPrimitives.WriteInt32BigEndian(batch[RecordBatchHeader.At.LeaderEpoch..], leaderEpoch);
    }

    /// <summary>Says whose a whole, checked batch is, in place; the CRC is made anew.</summary>
    public static void StampProducer(
        Span<byte> batch, long producerId, short producerEpoch, int baseSequence, bool transactional)
    {
        var read = RecordBatchHeader.TryRead(batch, out var header);
        Invariant.Holds(read && header.SizeInBytes == batch.Length);
        (header with
        {
            Attributes = RecordBatchHeader.AttributesOf(header.Compression, header.TimestampType, transactional, header.IsControl),
            ProducerId = producerId,
            ProducerEpoch = producerEpoch,
            BaseSequence = baseSequence,
        }).Write(batch);
        Seal(batch);
    }

    /// <summary>
    /// Gives all records of a whole, checked batch the time of its append, in place; the CRC is made anew.
    /// </summary>
    public static void StampLogAppendTime(Span<byte> batch, long logAppendTimeMs)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(logAppendTimeMs);
        var read = RecordBatchHeader.TryRead(batch, out var header);
        Invariant.Holds(read && header.SizeInBytes == batch.Length);
        (header with
        {
            Attributes = RecordBatchHeader.WithLogAppendTime(header.Attributes),
            MaxTimestamp = logAppendTimeMs,
        }).Write(batch);
        Seal(batch);
    }

    /// <summary>Writes the checksum of a batch that is otherwise finished.</summary>
    internal static void Seal(Span<byte> batch) =>
        BinaryPrimitives.WriteUInt32BigEndian(batch[RecordBatchHeader.At.Crc..], Checksum(batch));

    /// <summary>The rule that the header breaks by itself, or null.</summary>
    internal static string? BrokenRule(in RecordBatchHeader header)
    {
        if (header.Magic != Magic)
        {
            return "the magic is not 2";
        }

        if (header.BatchLength is < LengthMin or > LengthMax)
        {
            return "the batch length is out of bounds";
        }

        if (header.Compression > CompressionType.Zstd)
        {
            return "the compression codec is unknown";
        }

        // Written so that nothing can overflow: the next offset must be a number too.
        if (header.LastOffsetDelta < 0
            || header.BaseOffset < 0
            || header.BaseOffset >= long.MaxValue - header.LastOffsetDelta)
        {
            return "the offsets are out of bounds";
        }

        // Compaction leaves fewer records than offsets, and at times none; there can never be more.
        if (header.RecordCount < 0 || header.RecordCount > header.LastOffsetDelta + 1L)
        {
            return "the record count is out of bounds";
        }

        return header.Compression == CompressionType.None ? BrokenCount(header, header.BatchLength - LengthMin) : null;
    }

    /// <summary>
    /// Counts are believed only as far as there are bytes for them, so that a lie costs its writer something.
    /// </summary>
    internal static string? BrokenCount(in RecordBatchHeader header, int recordsBytes)
    {
        if (header.RecordCount == 0 && recordsBytes > 0)
        {
            return BytesBehindRecords;
        }

        return (long)header.RecordCount * RecordCodec.SizeMin > recordsBytes
            ? "there are fewer bytes than the record count needs"
            : null;
    }

    private static uint Checksum(ReadOnlySpan<byte> batch) => Crc32C.Compute(batch[RecordBatchHeader.At.Attributes..]);
}
