using System.Buffers.Binary;
using System.Text;
using Serverless.Core.Groups.Rows;
using Serverless.Core.Records;

namespace Serverless.Core.Groups.View;

/// <summary>A commit as Kafka stores it: <c>OffsetCommitKey</c> of version 1, <c>OffsetCommitValue</c> of version 3.</summary>
/// <remarks>Integers are big-endian, a string is its length in 16 bits and its UTF-8. Both begin with their version.</remarks>
internal static class OffsetRecord
{
    private const short KeyVersion = 1;
    private const short ValueVersion = 3;

    // Nobody leads.
    private const int LeaderEpoch = -1;

    public static byte[] Key(string group, TopicPartition at)
    {
        var key = new byte[sizeof(short) + SizeOf(group) + SizeOf(at.Topic) + sizeof(int)];
        BinaryPrimitives.WriteInt16BigEndian(key, KeyVersion);
        var rest = Write(Write(key.AsSpan(sizeof(short)), group), at.Topic);
        BinaryPrimitives.WriteInt32BigEndian(rest, at.Partition);
        return key;
    }

    public static byte[] Value(PartitionRow row)
    {
        var value = new byte[sizeof(short) + sizeof(long) + sizeof(int) + SizeOf(row.Metadata) + sizeof(long)];
        var rest = value.AsSpan();
        BinaryPrimitives.WriteInt16BigEndian(rest, ValueVersion);
        rest = rest[sizeof(short)..];
        BinaryPrimitives.WriteInt64BigEndian(rest, row.Committed);
        rest = rest[sizeof(long)..];
        BinaryPrimitives.WriteInt32BigEndian(rest, LeaderEpoch);
        rest = Write(rest[sizeof(int)..], row.Metadata);
        BinaryPrimitives.WriteInt64BigEndian(rest, row.CommittedAt.ToUnixTimeMilliseconds());
        return value;
    }

    /// <summary>The record as a batch of its own: its neighbours' offsets are far away.</summary>
    public static byte[] Batch(OffsetsPartition.Commit commit)
    {
        using var builder = new RecordBatchBuilder();
        builder.Add(commit.TimestampMs, commit.Key, keyIsNull: false, Value(commit.Row), valueIsNull: false);
        var batch = builder.Build();
        RecordBatch.Stamp(batch, commit.Offset, leaderEpoch: 0);
        return batch;
    }

    private static int SizeOf(string text) => sizeof(short) + Encoding.UTF8.GetByteCount(text);

    private static Span<byte> Write(Span<byte> target, string text)
    {
        var length = Encoding.UTF8.GetBytes(text, target[sizeof(short)..]);
        BinaryPrimitives.WriteInt16BigEndian(target, checked((short)length));
        return target[(sizeof(short) + length)..];
    }
}
