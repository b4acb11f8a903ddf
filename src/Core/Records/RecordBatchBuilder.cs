using System.Buffers;

namespace Serverless.Core.Records;

/// <summary>
/// Builds one batch, record by record, in a pooled buffer. Can be used again after <see cref="Reset"/>.
/// </summary>
/// <remarks>Not safe for use by several threads at once.</remarks>
public sealed class RecordBatchBuilder : IDisposable
{
    private const int BufferMin = 1024;

    private readonly RecordBatchHeader _fields;
    private byte[]? _buffer = ArrayPool<byte>.Shared.Rent(BufferMin);
    private int _length = RecordBatchHeader.Size;
    private long _baseTimestamp;
    private long _maxTimestamp = -1;

    /// <exception cref="ArgumentException">The codec cannot be written; or, as in Kafka, a transaction has no producer
    /// id, or a producer id no epoch or no sequence.</exception>
    public RecordBatchBuilder(
        CompressionType compression = CompressionType.None,
        TimestampType timestampType = TimestampType.CreateTime,
        long producerId = -1,
        short producerEpoch = -1,
        int baseSequence = -1,
        bool transactional = false)
        : this(compression, timestampType, producerId, producerEpoch, baseSequence, transactional, control: false)
    {
        if (producerId != -1 && baseSequence < 0)
        {
            throw new ArgumentException("A producer id needs a sequence.", nameof(baseSequence));
        }
    }

    private RecordBatchBuilder(
        CompressionType compression,
        TimestampType timestampType,
        long producerId,
        short producerEpoch,
        int baseSequence,
        bool transactional,
        bool control)
    {
        if (compression is not (CompressionType.None or CompressionType.Gzip))
        {
            throw new ArgumentOutOfRangeException(nameof(compression), compression, "The codec cannot be written.");
        }

        if (producerId == -1 ? transactional : producerEpoch < 0)
        {
            throw new ArgumentException("A transaction needs a producer id, and that an epoch.", nameof(producerId));
        }

        _fields = new RecordBatchHeader
        {
            Magic = RecordBatch.Magic,
            Attributes = RecordBatchHeader.AttributesOf(compression, timestampType, transactional, control),
            ProducerId = producerId,
            ProducerEpoch = producerEpoch,
            BaseSequence = baseSequence,
        };
    }

    /// <summary>Records so far.</summary>
    public int Count { get; private set; }

    /// <summary>Bytes of the batch so far, header included, before compression.</summary>
    public int SizeInBytes => _length;

    /// <summary>Bytes of a record with its length; by itself in a batch unless the deltas say otherwise.</summary>
    public static int RecordSize(
        ReadOnlySpan<byte> key,
        bool keyIsNull,
        ReadOnlySpan<byte> value,
        bool valueIsNull,
        ReadOnlySpan<RecordHeader> headers = default,
        int offsetDelta = 0,
        long timestampDelta = 0)
    {
        var bodySize = RecordCodec.BodySize(timestampDelta, offsetDelta, key, keyIsNull, value, valueIsNull, headers);
        return checked((int)(Varint.Size(bodySize) + bodySize));
    }

    /// <summary>
    /// A batch of one control record, whose key is version and type; base offset and leader epoch are 0.
    /// </summary>
    /// <exception cref="ArgumentException">One of our own types has a producer id: Kafka takes every control batch of a
    /// producer for the end of a transaction. Or see the constructor.</exception>
    public static byte[] BuildControl(
        short controlType,
        short version,
        ReadOnlySpan<byte> value,
        long timestampMs,
        long producerId = -1,
        short producerEpoch = -1,
        bool transactional = false)
    {
        if (controlType >= ControlRecord.OwnTypesMin && producerId != -1)
        {
            throw new ArgumentException("The type is not one that Kafka knows of producers.", nameof(producerId));
        }

        using var builder = new RecordBatchBuilder(
            CompressionType.None,
            TimestampType.CreateTime,
            producerId,
            producerEpoch,
            baseSequence: -1,
            transactional,
            control: true);
        Span<byte> key = stackalloc byte[ControlRecord.KeySize];
        ControlRecord.WriteKey(key, version, controlType);
        builder.Add(timestampMs, key, keyIsNull: false, value, valueIsNull: false);
        return builder.Build();
    }

    /// <summary>Adds a record at the next offset. Nothing has changed when it throws.</summary>
    /// <param name="timestampMs">Milliseconds since 1970, or -1 for none.</param>
    /// <exception cref="ArgumentException">The timestamp is below -1, a header's key is null or no Unicode, or the
    /// batch would pass 16 MiB: callers check <see cref="RecordSize"/> against their own limit first.</exception>
    public void Add(
        long timestampMs,
        ReadOnlySpan<byte> key,
        bool keyIsNull,
        ReadOnlySpan<byte> value,
        bool valueIsNull,
        ReadOnlySpan<RecordHeader> headers = default)
    {
        ObjectDisposedException.ThrowIf(_buffer is null, this);
        ArgumentOutOfRangeException.ThrowIfLessThan(timestampMs, -1);
        var baseTimestamp = Count == 0 ? timestampMs : _baseTimestamp;
        if (baseTimestamp < 0 && timestampMs > long.MaxValue + baseTimestamp)
        {
            throw new ArgumentOutOfRangeException(nameof(timestampMs), timestampMs, "Too far from the batch's first.");
        }

        var delta = timestampMs - baseTimestamp;
        var bodySize = RecordCodec.BodySize(delta, Count, key, keyIsNull, value, valueIsNull, headers);
        var size = Varint.Size(bodySize) + bodySize;
        if (_length + size - RecordBatchHeader.LogOverhead > RecordBatch.LengthMax)
        {
            throw new ArgumentException("The record does not fit the batch.", nameof(value));
        }

        Reserve((int)size);
        _length += RecordCodec.Write(
            _buffer.AsSpan(_length), (int)bodySize, delta, Count, key, keyIsNull, value, valueIsNull, headers);
        _baseTimestamp = baseTimestamp;
        _maxTimestamp = Math.Max(_maxTimestamp, timestampMs);
        Count++;
    }

    /// <summary>
    /// The batch, with base offset and leader epoch 0. With LogAppendTime the latest timestamp added is the append's.
    /// </summary>
    /// <exception cref="InvalidOperationException">There is no record in it.</exception>
    public byte[] Build() => Build(_fields.Attributes, _maxTimestamp);

    /// <summary>The batch, all of whose records have the time of its append.</summary>
    /// <inheritdoc cref="Build()"/>
    public byte[] Build(long logAppendTimeMs)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(logAppendTimeMs);
        return Build(RecordBatchHeader.WithLogAppendTime(_fields.Attributes), logAppendTimeMs);
    }

    /// <summary>Forgets the records, for the next batch of the same kind.</summary>
    public void Reset()
    {
        _length = RecordBatchHeader.Size;
        _maxTimestamp = -1;
        Count = 0;
    }

    public void Dispose()
    {
        if (_buffer is { } buffer)
        {
            _buffer = null;
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private byte[] Build(short attributes, long maxTimestamp)
    {
        ObjectDisposedException.ThrowIf(_buffer is null, this);
        if (Count == 0)
        {
            throw new InvalidOperationException("A batch needs a record.");
        }

        var batch = _fields.Compression == CompressionType.Gzip
            ? GzipRecords.Compress(_buffer.AsSpan(RecordBatchHeader.Size.._length), RecordBatchHeader.Size)
            : _buffer.AsSpan(0, _length).ToArray();
        if (batch.Length - RecordBatchHeader.LogOverhead > RecordBatch.LengthMax)
        {
            // What does not compress, gzip makes a little larger, and 16 MiB of it too large. Plain, it fits.
            batch = _buffer.AsSpan(0, _length).ToArray();
            attributes = RecordBatchHeader.WithoutCompression(attributes);
        }

        (_fields with
        {
            BatchLength = batch.Length - RecordBatchHeader.LogOverhead,
            Attributes = attributes,
            LastOffsetDelta = Count - 1,
            BaseTimestamp = _baseTimestamp,
            MaxTimestamp = maxTimestamp,
            RecordCount = Count,
        }).Write(batch);
        RecordBatch.Seal(batch);
        return batch;
    }

    private void Reserve(int size)
    {
        var needed = _length + size;
        if (needed <= _buffer!.Length)
        {
            return;
        }

        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(needed, _buffer.Length * 2));
        _buffer.AsSpan(0, _length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = larger;
    }
}
