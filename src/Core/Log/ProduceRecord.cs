using Serverless.Core.Records;

namespace Serverless.Core.Log;

/// <summary>A record that a producer hands over.</summary>
/// <param name="Partition">Not below zero; null leaves the choice to the partitioner.</param>
/// <param name="TimestampMs">Milliseconds since 1970; null is now.</param>
public sealed record ProduceRecord(
    int? Partition, long? TimestampMs, ReadOnlyMemory<byte>? Key, ReadOnlyMemory<byte>? Value, IReadOnlyList<RecordHeader> Headers)
{
    public bool KeyIsNull => Key is null;

    public bool ValueIsNull => Value is null;
}

/// <summary>What became of one record. Partition, offset and timestamp are -1 where it was not stored.</summary>
/// <remarks>
/// Errors: UnknownTopicOrPartition (<see cref="PartitionUnknown"/> tells which), MessageTooLarge, RecordListTooLarge (the records for
/// one partition do not fit one batch), RequestTimedOut (retriable, and it may have been stored), UnknownServerError (not retriable),
/// CorruptMessage (the log cannot be read).
/// </remarks>
public readonly record struct ProduceOutcome(ErrorCode Error, int Partition, long Offset, long TimestampMs, bool PartitionUnknown = false)
{
    public static ProduceOutcome Failed(ErrorCode error, bool partitionUnknown = false) => new(error, -1, -1, -1, partitionUnknown);
}
