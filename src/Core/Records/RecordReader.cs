namespace Serverless.Core.Records;

/// <summary>Walks the records of one batch, control records included, without an allocation per record.</summary>
/// <remarks>
/// What is read is not trusted, though its checksum is right: every length and count is held against the bytes there
/// are, offsets rise and stay within the batch, and sums do not overflow. Decompressed bytes live in a pooled buffer
/// until the reader is disposed; a reader is not copied, and neither it nor a record is used after that.
/// </remarks>
public ref struct RecordReader : IDisposable
{
    private readonly RecordBatchHeader _header;
    private readonly ReadOnlySpan<byte> _records;
    private readonly GzipRecords? _decompressed;
    private int _position;
    private int _count;
    private int _offsetDeltaMin;

    private RecordReader(scoped in RecordBatchHeader header, ReadOnlySpan<byte> records, GzipRecords? decompressed)
    {
        _header = header;
        _records = records;
        _decompressed = decompressed;
    }

    /// <summary>Opens one whole batch that <see cref="RecordBatch.Check"/> has found valid.</summary>
    /// <param name="decompressedBytesMax">More than this is refused while it is being decompressed.</param>
    /// <exception cref="InvalidRecordException">The header is not that of these bytes, or they cannot be
    /// decompressed.</exception>
    public static RecordReader Open(
        ReadOnlySpan<byte> batch, int decompressedBytesMax = RecordBatch.DecompressedBytesMax)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(decompressedBytesMax);
        if (!RecordBatchHeader.TryRead(batch, out var header))
        {
            throw new InvalidRecordException("the batch is shorter than its header", 0);
        }

        if (RecordBatch.BrokenRule(header) is { } rule)
        {
            throw new InvalidRecordException(rule, 0);
        }

        if (header.SizeInBytes != batch.Length)
        {
            throw new InvalidRecordException("the batch's length is not that of its bytes", 0);
        }

        var records = batch[RecordBatchHeader.Size..];
        return header.Compression switch
        {
            CompressionType.None => new RecordReader(header, records, null),
            CompressionType.Gzip => Decompressed(header, GzipRecords.Decompress(records, decompressedBytesMax)),
            _ => throw new InvalidRecordException("the compression codec is not supported", 0),
        };
    }

    /// <summary>The next record; false behind the last.</summary>
    /// <exception cref="InvalidRecordException">The record breaks the format, or bytes are left behind the last
    /// one.</exception>
    public bool TryRead(out Record record)
    {
        if (_count == _header.RecordCount)
        {
            record = default;
            return false;
        }

        // The reader moves on only past a good record: asked again behind a broken one, it must not skip it.
        var position = _position;
        if (RecordCodec.Read(_records, ref position, _header, _offsetDeltaMin, out record) is { } rule)
        {
            throw new InvalidRecordException(rule, PositionOf(_position));
        }

        if (_count + 1 == _header.RecordCount && position != _records.Length)
        {
            throw new InvalidRecordException(RecordBatch.BytesBehindRecords, PositionOf(position));
        }

        _position = position;
        _offsetDeltaMin = (int)(record.Offset - _header.BaseOffset) + 1;
        _count++;
        return true;
    }

    public readonly void Dispose() => _decompressed?.Dispose();

    private static RecordReader Decompressed(scoped in RecordBatchHeader header, GzipRecords records)
    {
        if (RecordBatch.BrokenCount(header, records.Bytes.Length) is { } rule)
        {
            records.Dispose();
            throw new InvalidRecordException(rule, 0);
        }

        return new RecordReader(header, records.Bytes, records);
    }

    private readonly int PositionOf(int position) =>
        _decompressed is null ? RecordBatchHeader.Size + position : position;
}
