using System.Text;
using Serverless.Core.Groups;
using Serverless.Core.Log;
using Serverless.Core.Records;

namespace Serverless.Core.Delivery;

/// <summary>A record on its own: what handlers are given, and what is copied to another topic.</summary>
/// <param name="Timestamp">Milliseconds since 1970; -1 where the producer gave none.</param>
public sealed record DeliveredRecord(
    long Offset, long Timestamp, ReadOnlyMemory<byte>? Key, ReadOnlyMemory<byte>? Value, IReadOnlyList<RecordHeader> Headers)
{
    /// <summary>The records of a slice, in their order.</summary>
    /// <exception cref="CorruptLogException">Stored bytes are wrong.</exception>
    public static IReadOnlyList<DeliveredRecord> Of(PolledSlice slice)
    {
        var records = new List<DeliveredRecord>();
        try
        {
            var reader = new RecordBatchReader(slice.Batches.Span);
            while (reader.TryRead(out var header, out var batch))
            {
                if (header.IsControl)
                {
                    continue;
                }

                using var walk = RecordReader.Open(batch);
                while (walk.TryRead(out var record) && record.Offset < slice.ToOffset)
                {
                    if (record.Offset >= slice.FromOffset)
                    {
                        records.Add(Copy(record));
                    }
                }
            }
        }
        catch (InvalidRecordException broken)
        {
            throw new CorruptLogException($"the log of {slice.At}, read from offset {slice.FromOffset}", broken.Position, broken.Message);
        }

        return records;
    }

    /// <summary>The same record, to be produced to a partition.</summary>
    public ProduceRecord To(int? partition, IEnumerable<RecordHeader>? more = null) => new(
        partition, Timestamp < 0 ? null : Timestamp, Key, Value, more is null ? Headers : [.. Headers, .. more]);

    private static DeliveredRecord Copy(in Record record)
    {
        var headers = new List<RecordHeader>(record.HeaderCount);
        var reader = record.Headers;
        while (reader.TryRead(out var key, out var valueIsNull, out var value))
        {
            headers.Add(new(Encoding.UTF8.GetString(key), Copy(value, valueIsNull)));
        }

        return new(
            record.Offset, record.Timestamp, Copy(record.Key, record.KeyIsNull), Copy(record.Value, record.ValueIsNull), headers);
    }

    // Not by `?:` with null: an array that is null becomes a memory that is empty.
    private static ReadOnlyMemory<byte>? Copy(ReadOnlySpan<byte> bytes, bool isNull)
    {
        if (isNull)
        {
            return null;
        }

        return bytes.ToArray();
    }
}
