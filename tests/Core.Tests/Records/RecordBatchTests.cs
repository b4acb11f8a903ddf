using System.Buffers.Binary;
using Serverless.Core.Records;
using Xunit;

namespace Serverless.Core.Tests.Records;

public class RecordBatchTests
{
    private const string Empty = "000000010100"; // a body: no key, no value, no headers

    private static byte[] Sample => Reference.BatchOf(Empty);

    [Fact]
    public void Every_prefix_of_a_batch_is_incomplete()
    {
        var batch = Sample;

        for (var length = 0; length < batch.Length; length++)
        {
            Assert.Equal(BatchCheck.Incomplete, RecordBatch.Check(batch.AsSpan(0, length), out _, out var rule));
            Assert.Null(rule);
        }
    }

    [Fact]
    public void Bytes_behind_a_batch_are_not_looked_at()
    {
        byte[] two = [.. Sample, 1, 2, 3];

        Assert.Equal(BatchCheck.Valid, RecordBatch.Check(two, out var header, out _));
        Assert.Equal(two.Length - 3, header.SizeInBytes);
    }

    [Fact]
    public void Every_flipped_bit_behind_the_checksum_is_noticed()
    {
        for (var bit = 17 * 8; bit < Sample.Length * 8; bit++)
        {
            var batch = Sample;
            batch[bit / 8] ^= (byte)(1 << (bit % 8));

            Assert.Equal(BatchCheck.Corrupt, RecordBatch.Check(batch, out _, out var rule));
            Assert.NotNull(rule);
        }
    }

    [Theory]
    [InlineData(8, "00000030", "length")]        // one less than a header
    [InlineData(8, "80000000", "length")]
    [InlineData(8, "ffffffff", "length")]
    [InlineData(8, "01000001", "length")]        // 16 MiB and one byte
    [InlineData(16, "01", "magic")]
    [InlineData(16, "03", "magic")]
    [InlineData(21, "0005", "codec")]
    [InlineData(21, "0007", "codec")]
    [InlineData(23, "ffffffff", "offsets")]
    [InlineData(0, "ffffffffffffffff", "offsets")]
    [InlineData(0, "7fffffffffffffff", "offsets")]
    [InlineData(57, "ffffffff", "count")]
    [InlineData(57, "00000002", "count")]        // more than offsets
    public void A_header_that_makes_no_sense_is_corrupt_though_its_checksum_is_right(int at, string hex, string rule)
    {
        var batch = Sample;
        Convert.FromHexString(hex).CopyTo(batch, at);
        Reference.Seal(batch);

        Assert.Equal(BatchCheck.Corrupt, RecordBatch.Check(batch, out _, out var broken));
        Assert.Contains(rule, broken, StringComparison.Ordinal);
    }

    [Fact]
    public void More_records_than_there_are_bytes_for_are_corrupt()
    {
        var batch = Reference.Batch("0000", 1_000_000, 1_000_000, Reference.Hex("0c" + Empty));

        Assert.Equal(BatchCheck.Corrupt, RecordBatch.Check(batch, out _, out var rule));
        Assert.Contains("record count", rule, StringComparison.Ordinal);
    }

    [Fact]
    public void Bytes_without_a_record_are_corrupt()
    {
        Assert.Equal(BatchCheck.Corrupt, RecordBatch.Check(Reference.Batch("0000", 0, 0, [0]), out _, out var rule));
        Assert.Contains("behind", rule, StringComparison.Ordinal);
    }

    [Fact]
    public void A_length_of_16_MiB_is_waited_for()
    {
        var batch = Sample;
        BinaryPrimitives.WriteInt32BigEndian(batch.AsSpan(8), RecordBatch.LengthMax);

        Assert.Equal(BatchCheck.Incomplete, RecordBatch.Check(batch, out _, out _));
    }

    [Fact]
    public void The_last_offset_that_leaves_a_next_one_is_valid()
    {
        var batch = Sample;
        RecordBatch.Stamp(batch, long.MaxValue - 1, 0);

        Assert.Equal(BatchCheck.Valid, RecordBatch.Check(batch, out var header, out _));
        Assert.Equal(long.MaxValue, header.NextOffset);
    }

    [Fact]
    public void A_batch_that_compaction_left_empty_is_valid_and_has_no_records()
    {
        var batch = Reference.Batch("0000", 4, 0, []);

        Assert.Equal(BatchCheck.Valid, RecordBatch.Check(batch, out var header, out _));
        Assert.Equal(5, header.NextOffset);
        Assert.Null(Reference.RuleBrokenBy(batch));
    }

    [Fact]
    public void A_stamp_changes_offset_and_leader_epoch_and_leaves_the_checksum_right()
    {
        var batch = Sample;

        RecordBatch.Stamp(batch, 1L << 40, -7);

        Assert.Equal(BatchCheck.Valid, RecordBatch.Check(batch, out var header, out _));
        Assert.Equal((1L << 40, -7), (header.BaseOffset, header.PartitionLeaderEpoch));
        Assert.Equal(Sample.AsSpan(16), batch.AsSpan(16));
    }

    [Fact]
    public void The_append_time_becomes_that_of_all_records_and_nothing_else_changes()
    {
        using var builder =
            new RecordBatchBuilder(CompressionType.Gzip, producerId: 9, producerEpoch: 1, baseSequence: 3);
        builder.Add(5, "k"u8, false, default, true);
        builder.Add(7, "k"u8, false, default, true);
        var batch = builder.Build();
        RecordBatchHeader.TryRead(batch, out var before);

        RecordBatch.StampLogAppendTime(batch, 99);

        Assert.Equal(BatchCheck.Valid, RecordBatch.Check(batch, out var after, out _));
        Assert.Equal(TimestampType.LogAppendTime, after.TimestampType);
        Assert.Equal(
            before,
            after with { Crc = before.Crc, Attributes = before.Attributes, MaxTimestamp = before.MaxTimestamp });
        Assert.Equal(builder.Build(99), batch);
        using var reader = RecordReader.Open(batch);
        while (reader.TryRead(out var record))
        {
            Assert.Equal(99, record.Timestamp);
        }
    }

    [Fact]
    public void A_header_is_written_as_it_was_read()
    {
        var bytes = new byte[RecordBatchHeader.Size];
        new Random(2).NextBytes(bytes);
        var back = new byte[RecordBatchHeader.Size];

        RecordBatchHeader.TryRead(bytes, out var header);
        header.Write(back);

        Assert.Equal(bytes, back);
    }

    [Fact]
    public void Sequences_wrap_to_zero()
    {
        var header = new RecordBatchHeader { BaseSequence = int.MaxValue - 1, LastOffsetDelta = 3 };

        Assert.Equal(1, header.LastSequence);
    }
}
