namespace Serverless.Core.Records;

/// <summary>
/// One record, as spans into the batch or into its decompressed records: it is gone when the reader is disposed.
/// </summary>
public readonly ref struct Record
{
    public long Offset { get; internal init; }

    /// <summary>
    /// Milliseconds since 1970; -1 where the producer gave none. Stored values are not judged, as in Kafka.
    /// </summary>
    public long Timestamp { get; internal init; }

    public bool KeyIsNull { get; internal init; }

    /// <summary>Empty where the key is null.</summary>
    public ReadOnlySpan<byte> Key { get; internal init; }

    /// <summary>Whether the record is a tombstone.</summary>
    public bool ValueIsNull { get; internal init; }

    /// <summary>Empty where the value is null.</summary>
    public ReadOnlySpan<byte> Value { get; internal init; }

    public int HeaderCount { get; internal init; }

    /// <summary>A reader at the first header, each time it is asked for.</summary>
    public RecordHeaderReader Headers => new(HeaderBytes, HeaderCount);

    internal ReadOnlySpan<byte> HeaderBytes { get; init; }
}
