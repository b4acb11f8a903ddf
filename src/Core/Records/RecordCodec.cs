using System.Text;

namespace Serverless.Core.Records;

/// <summary>One record's bytes: length, attributes, timestamp and offset deltas, key, value, headers.</summary>
internal static class RecordCodec
{
    /// <summary>Bytes of the smallest record: seven fields of a byte each.</summary>
    public const int SizeMin = BodySizeMin + 1;

    private const int BodySizeMin = 6;
    private const int HeaderSizeMin = 2;
    private const int NullLength = -1;

    // Kafka's Java client would write '?' for half a surrogate pair; a key that is not what was given is worse than
    // none.
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>
    /// Reads the record at <paramref name="position"/> and moves behind it. Gives the rule that is broken, or null.
    /// </summary>
    /// <param name="offsetDeltaMin">Where the last record left off: offsets rise within a batch.</param>
    public static string? Read(
        ReadOnlySpan<byte> records,
        scoped ref int position,
        scoped in RecordBatchHeader batch,
        int offsetDeltaMin,
        out Record record)
    {
        record = default;
        if (!Varint.TryReadInt32(records, ref position, out var length)
            || length < BodySizeMin
            || length > records.Length - position)
        {
            return "the record's length is out of bounds";
        }

        var body = records.Slice(position, length);
        position += length;

        // Byte 0 holds attributes, none of which is in use; Kafka does not look at them.
        var at = 1;
        if (!Varint.TryReadInt64(body, ref at, out var timestampDelta)
            || !TimestampOf(batch, timestampDelta, out var timestamp))
        {
            return "the record's timestamp is out of bounds";
        }

        if (!Varint.TryReadInt32(body, ref at, out var offsetDelta)
            || offsetDelta < offsetDeltaMin
            || offsetDelta > batch.LastOffsetDelta)
        {
            return "the record's offset is out of order or behind the batch's last";
        }

        if (!TryReadBytes(body, ref at, out var keyIsNull, out var key))
        {
            return "the record's key is out of bounds";
        }

        if (!TryReadBytes(body, ref at, out var valueIsNull, out var value))
        {
            return "the record's value is out of bounds";
        }

        if (!Varint.TryReadInt32(body, ref at, out var headerCount)
            || headerCount < 0
            || headerCount > (body.Length - at) / HeaderSizeMin)
        {
            return "the record's header count is out of bounds";
        }

        var headers = body[at..];
        if (!AreHeaders(headers, headerCount))
        {
            return "the record's headers do not fill its length";
        }

        record = new Record
        {
            Offset = batch.BaseOffset + offsetDelta,
            Timestamp = timestamp,
            KeyIsNull = keyIsNull,
            Key = key,
            ValueIsNull = valueIsNull,
            Value = value,
            HeaderCount = headerCount,
            HeaderBytes = headers,
        };
        return null;
    }

    public static bool TryReadHeader(
        ReadOnlySpan<byte> source,
        scoped ref int position,
        out ReadOnlySpan<byte> key,
        out bool valueIsNull,
        out ReadOnlySpan<byte> value)
    {
        value = default;
        valueIsNull = false;
        return TryReadBytes(source, ref position, out var keyIsNull, out key)
            && !keyIsNull
            && TryReadBytes(source, ref position, out valueIsNull, out value);
    }

    /// <summary>Bytes of the record without its length.</summary>
    public static long BodySize(
        long timestampDelta,
        int offsetDelta,
        ReadOnlySpan<byte> key,
        bool keyIsNull,
        ReadOnlySpan<byte> value,
        bool valueIsNull,
        ReadOnlySpan<RecordHeader> headers)
    {
        var size = 1L + Varint.Size(timestampDelta) + Varint.Size(offsetDelta)
            + BytesSize(keyIsNull, key.Length) + BytesSize(valueIsNull, value.Length) + Varint.Size(headers.Length);
        foreach (var header in headers)
        {
            size += BytesSize(isNull: false, Utf8.GetByteCount(header.Key))
                + BytesSize(header.Value is null, header.Value.GetValueOrDefault().Length);
        }

        return size;
    }

    /// <summary>
    /// Writes the record, whose body has <paramref name="bodySize"/> bytes; gives how many it took in all.
    /// </summary>
    public static int Write(
        Span<byte> destination,
        int bodySize,
        long timestampDelta,
        int offsetDelta,
        ReadOnlySpan<byte> key,
        bool keyIsNull,
        ReadOnlySpan<byte> value,
        bool valueIsNull,
        ReadOnlySpan<RecordHeader> headers)
    {
        var at = Varint.Write(destination, bodySize);
        destination[at++] = 0;
        at += Varint.Write(destination[at..], timestampDelta);
        at += Varint.Write(destination[at..], offsetDelta);
        at += WriteBytes(destination[at..], keyIsNull, key);
        at += WriteBytes(destination[at..], valueIsNull, value);
        at += Varint.Write(destination[at..], headers.Length);
        foreach (var header in headers)
        {
            at += Varint.Write(destination[at..], Utf8.GetByteCount(header.Key));
            at += Utf8.GetBytes(header.Key, destination[at..]);
            at += WriteBytes(destination[at..], header.Value is null, header.Value.GetValueOrDefault().Span);
        }

        return at;
    }

    private static bool TimestampOf(scoped in RecordBatchHeader batch, long delta, out long timestamp)
    {
        if (batch.TimestampType == TimestampType.LogAppendTime)
        {
            timestamp = batch.MaxTimestamp;
            return true;
        }

        timestamp = unchecked(batch.BaseTimestamp + delta);
        return (delta >= 0) == (timestamp >= batch.BaseTimestamp);
    }

    private static bool AreHeaders(ReadOnlySpan<byte> source, int count)
    {
        var position = 0;
        for (var header = 0; header < count; header++)
        {
            if (!TryReadHeader(source, ref position, out _, out _, out _))
            {
                return false;
            }
        }

        return position == source.Length;
    }

    private static bool TryReadBytes(
        ReadOnlySpan<byte> source, scoped ref int position, out bool isNull, out ReadOnlySpan<byte> bytes)
    {
        bytes = default;
        isNull = false;
        if (!Varint.TryReadInt32(source, ref position, out var length)
            || length < NullLength
            || length > source.Length - position)
        {
            return false;
        }

        isNull = length == NullLength;
        if (!isNull)
        {
            bytes = source.Slice(position, length);
            position += length;
        }

        return true;
    }

    private static long BytesSize(bool isNull, int length) =>
        isNull ? Varint.Size(NullLength) : (long)Varint.Size(length) + length;

    private static int WriteBytes(Span<byte> destination, bool isNull, ReadOnlySpan<byte> bytes)
    {
        if (isNull)
        {
            return Varint.Write(destination, NullLength);
        }

        var at = Varint.Write(destination, bytes.Length);
        bytes.CopyTo(destination[at..]);
        return at + bytes.Length;
    }
}
