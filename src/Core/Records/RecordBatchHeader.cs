using System.Buffers.Binary;

namespace Serverless.Core.Records;

/// <summary>
/// The 61 bytes that every batch of magic 2 begins with. Only <see cref="RecordBatch.Check"/> says whether they are
/// sane.
/// </summary>
public readonly record struct RecordBatchHeader
{
    /// <summary>Bytes of a header.</summary>
    public const int Size = At.RecordCount + sizeof(int);

    /// <summary>
    /// Bytes that <see cref="BatchLength"/> does not count: itself and the base offset (Kafka's log overhead).
    /// </summary>
    public const int LogOverhead = At.LeaderEpoch;

    private const short CompressionMask = 0x07, TimestampTypeMask = 0x08, TransactionalMask = 0x10, ControlMask = 0x20;

    /// <summary>The first record's offset. Outside of the CRC, so that the log can set it.</summary>
    public long BaseOffset { get; init; }

    /// <summary>Bytes behind this field.</summary>
    public int BatchLength { get; init; }

    /// <summary>Here the stamp of the writer that appended the batch. Outside of the CRC.</summary>
    public int PartitionLeaderEpoch { get; init; }

    public byte Magic { get; init; }

    /// <summary>CRC-32C of everything behind this field.</summary>
    public uint Crc { get; init; }

    public short Attributes { get; init; }

    /// <summary>The last record's offset less the first's. Kept by compaction, so there may be fewer records.</summary>
    public int LastOffsetDelta { get; init; }

    /// <summary>What the records' timestamps are relative to; milliseconds since 1970 as all of them.</summary>
    public long BaseTimestamp { get; init; }

    /// <summary>The records' latest create time, or when the batch was appended; -1 where there is none.</summary>
    public long MaxTimestamp { get; init; }

    /// <summary>-1 where the producer is not idempotent.</summary>
    public long ProducerId { get; init; }

    public short ProducerEpoch { get; init; }

    public int BaseSequence { get; init; }

    public int RecordCount { get; init; }

    /// <summary>Bytes of the whole batch.</summary>
    public int SizeInBytes => LogOverhead + BatchLength;

    public long LastOffset => BaseOffset + LastOffsetDelta;

    /// <summary>The offset behind the batch.</summary>
    public long NextOffset => LastOffset + 1;

    /// <summary>The last record's sequence, or -1. Sequences wrap from <see cref="int.MaxValue"/> to 0.</summary>
    public int LastSequence => BaseSequence < 0 ? -1 : (int)(((long)BaseSequence + LastOffsetDelta) & int.MaxValue);

    public bool IsControl => (Attributes & ControlMask) != 0;

    public bool IsTransactional => (Attributes & TransactionalMask) != 0;

    public CompressionType Compression => (CompressionType)(Attributes & CompressionMask);

    public TimestampType TimestampType =>
        (Attributes & TimestampTypeMask) == 0 ? TimestampType.CreateTime : TimestampType.LogAppendTime;

    /// <summary>Reads the fields as they stand; false when there are fewer than 61 bytes.</summary>
    public static bool TryRead(ReadOnlySpan<byte> source, out RecordBatchHeader header)
    {
        if (source.Length < Size)
        {
            header = default;
            return false;
        }

        header = new RecordBatchHeader
        {
            BaseOffset = BinaryPrimitives.ReadInt64BigEndian(source[At.BaseOffset..]),
            BatchLength = BinaryPrimitives.ReadInt32BigEndian(source[At.BatchLength..]),
            PartitionLeaderEpoch = BinaryPrimitives.ReadInt32BigEndian(source[At.LeaderEpoch..]),
            Magic = source[At.Magic],
            Crc = BinaryPrimitives.ReadUInt32BigEndian(source[At.Crc..]),
            Attributes = BinaryPrimitives.ReadInt16BigEndian(source[At.Attributes..]),
            LastOffsetDelta = BinaryPrimitives.ReadInt32BigEndian(source[At.LastOffsetDelta..]),
            BaseTimestamp = BinaryPrimitives.ReadInt64BigEndian(source[At.BaseTimestamp..]),
            MaxTimestamp = BinaryPrimitives.ReadInt64BigEndian(source[At.MaxTimestamp..]),
            ProducerId = BinaryPrimitives.ReadInt64BigEndian(source[At.ProducerId..]),
            ProducerEpoch = BinaryPrimitives.ReadInt16BigEndian(source[At.ProducerEpoch..]),
            BaseSequence = BinaryPrimitives.ReadInt32BigEndian(source[At.BaseSequence..]),
            RecordCount = BinaryPrimitives.ReadInt32BigEndian(source[At.RecordCount..]),
        };
        return true;
    }

    /// <summary>Writes the 61 bytes, the CRC as the field says.</summary>
    public void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteInt64BigEndian(destination[At.BaseOffset..], BaseOffset);
        BinaryPrimitives.WriteInt32BigEndian(destination[At.BatchLength..], BatchLength);
        BinaryPrimitives.WriteInt32BigEndian(destination[At.LeaderEpoch..], PartitionLeaderEpoch);
        destination[At.Magic] = Magic;
        BinaryPrimitives.WriteUInt32BigEndian(destination[At.Crc..], Crc);
        BinaryPrimitives.WriteInt16BigEndian(destination[At.Attributes..], Attributes);
        BinaryPrimitives.WriteInt32BigEndian(destination[At.LastOffsetDelta..], LastOffsetDelta);
        BinaryPrimitives.WriteInt64BigEndian(destination[At.BaseTimestamp..], BaseTimestamp);
        BinaryPrimitives.WriteInt64BigEndian(destination[At.MaxTimestamp..], MaxTimestamp);
        BinaryPrimitives.WriteInt64BigEndian(destination[At.ProducerId..], ProducerId);
        BinaryPrimitives.WriteInt16BigEndian(destination[At.ProducerEpoch..], ProducerEpoch);
        BinaryPrimitives.WriteInt32BigEndian(destination[At.BaseSequence..], BaseSequence);
        BinaryPrimitives.WriteInt32BigEndian(destination[At.RecordCount..], RecordCount);
    }

    internal static short AttributesOf(
        CompressionType compression, TimestampType timestampType, bool transactional, bool control) =>
        (short)((byte)compression
            | (timestampType == TimestampType.LogAppendTime ? TimestampTypeMask : 0)
            | (transactional ? TransactionalMask : 0)
            | (control ? ControlMask : 0));

    internal static short WithLogAppendTime(short attributes) => (short)(attributes | TimestampTypeMask);

    internal static short WithoutCompression(short attributes) => (short)(attributes & ~CompressionMask);

    /// <summary>Where each field lies, in bytes from the start of the batch.</summary>
    internal static class At
    {
        public const int BaseOffset = 0, BatchLength = 8, LeaderEpoch = 12, Magic = 16, Crc = 17, Attributes = 21,
            LastOffsetDelta = 23, BaseTimestamp = 27, MaxTimestamp = 35, ProducerId = 43, ProducerEpoch = 51,
            BaseSequence = 53, RecordCount = 57;
    }
}
