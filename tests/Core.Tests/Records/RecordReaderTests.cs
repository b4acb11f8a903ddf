using Serverless.Core.Records;
using Xunit;

namespace Serverless.Core.Tests.Records;

public class RecordReaderTests
{
    [Theory]
    [InlineData("00 00 00 01 01 00", null)]                     // a good one; others fail for their own fault
    [InlineData("00 00 00 01 01 00 00", "headers")]             // a byte too many
    [InlineData("00 00 00 03 01 00", "key")]                    // length -2
    [InlineData("00 00 00 06 01 00", "key")]                    // length 3, 2 left
    [InlineData("00 00 00 feffffff0f 01 00", "key")]            // length 2^31-1
    [InlineData("00 00 00 01 ffffffff0f 00", "value")]          // length -2^31
    [InlineData("00 00 00 01 06 00", "value")]
    [InlineData("00 00 00 01 01 01", "header count")]           // -1 headers
    [InlineData("00 00 00 01 01 feffffff0f", "header count")]   // 2^31-1 headers
    [InlineData("00 00 00 01 01 02 00", "header count")]        // one header in one byte
    [InlineData("00 00 00 01 01 02 01 01", "headers")]          // a header without a key
    [InlineData("00 00 00 01 01 02 00 03", "headers")]          // a header's value of length -2
    [InlineData("00 00 00 01 01 04 00 01 00", "header count")]  // two headers in three bytes
    [InlineData("00 00 02 01 01 00", "offset")]                 // behind the batch's last
    [InlineData("00 00 01 01 01 00", "offset")]                 // before the batch's first
    [InlineData("00 ffffffffffffffffff02 00 01 01 00", "timestamp")] // more than 64 bits
    [InlineData("00 feffffffffffffffff01 00 01 01 00", "timestamp")] // the sum overflows
    [InlineData("00 ffffffffffffffffff01 00 01 01 00", null)]        // far before 1970, but a number
    public void A_record_is_held_against_its_bytes(string body, string? rule)
    {
        var broken = Reference.RuleBrokenBy(Reference.BatchOf(body));

        if (rule is null)
        {
            Assert.Null(broken);
        }
        else
        {
            Assert.Contains(rule, broken, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("0a 000000010100")]     // 5 bytes, shorter than any record
    [InlineData("0e 000000010100")]     // 7 bytes, 6 left
    [InlineData("0b 000000010100")]     // -6 bytes
    [InlineData("feffffff0f 0000")]     // 2^31-1 bytes
    [InlineData("ffffffff1f 0000")]     // more than 32 bits
    [InlineData("80808080808080")]      // no end
    public void A_records_length_is_held_against_the_batch(string records)
    {
        var batch = Reference.Batch("0000", 0, 1, Reference.Hex(records));

        Assert.Contains("length", Reference.RuleBrokenBy(batch), StringComparison.Ordinal);
    }

    [Fact]
    public void Offsets_rise_within_a_batch()
    {
        var same = Reference.Batch("0000", 1, 2, Reference.Hex("0c000000010100 0c000000010100"));
        var falling = Reference.Batch("0000", 1, 2, Reference.Hex("0c000002010100 0c000000010100"));
        var sparse = Reference.Batch("0000", 9, 2, Reference.Hex("0c000004010100 0c000012010100"));

        Assert.Contains("offset", Reference.RuleBrokenBy(same), StringComparison.Ordinal);
        Assert.Contains("offset", Reference.RuleBrokenBy(falling), StringComparison.Ordinal);
        Assert.Null(Reference.RuleBrokenBy(sparse));
    }

    [Fact]
    public void Bytes_behind_the_last_record_are_noticed_with_the_last_record()
    {
        var batch = Reference.Batch("0000", 0, 1, Reference.Hex("0c000000010100 00"));

        var invalid = Assert.Throws<InvalidRecordException>(() => ReadOne(batch));

        Assert.Equal(RecordBatchHeader.Size + 7, invalid.Position);
        Assert.Contains("behind", Reference.RuleBrokenBy(Reference.Batch("0000", 0, 0, [0])), StringComparison.Ordinal);
    }

    [Fact]
    public void The_place_of_a_broken_record_is_told()
    {
        var batch = Reference.Batch("0000", 1, 2, Reference.Hex("0c000000010100 0c000002010101"));

        var invalid = Assert.Throws<InvalidRecordException>(() => ReadOne(batch, skip: 1));

        Assert.Equal(RecordBatchHeader.Size + 7, invalid.Position);
    }

    [Theory]
    [InlineData("0c000000010101 0c000002010100")]    // the first record is broken
    [InlineData("0c000000010100 0c000002010100 00")] // a byte is left behind the last
    public void A_reader_that_is_asked_again_does_not_skip(string records)
    {
        var batch = Reference.Batch("0000", 1, 2, Reference.Hex(records));
        var failures = 0;

        using var reader = RecordReader.Open(batch);
        for (var times = 0; times < 4; times++)
        {
            try
            {
                reader.TryRead(out _);
            }
            catch (InvalidRecordException)
            {
                failures++;
            }
        }

        Assert.InRange(failures, 3, 4);
    }

    [Theory]
    [InlineData("0002")]
    [InlineData("0003")]
    [InlineData("0004")]
    public void A_codec_that_we_cannot_read_is_said_to_be_so(string attributes)
    {
        var batch = Reference.Batch(attributes, 0, 1, new byte[20]);

        Assert.Equal(BatchCheck.Valid, RecordBatch.Check(batch, out _, out _));
        Assert.Contains("not supported", Reference.RuleBrokenBy(batch), StringComparison.Ordinal);
    }

    [Fact]
    public void A_batch_must_be_given_whole_and_alone()
    {
        var batch = Reference.BatchOf("000000010100");

        for (var length = 0; length < batch.Length; length++)
        {
            Assert.NotNull(Reference.RuleBrokenBy(batch[..length]));
        }

        Assert.NotNull(Reference.RuleBrokenBy([.. batch, 0]));
    }

    [Theory]
    [InlineData(CompressionType.None)]
    [InlineData(CompressionType.Gzip)]
    public void Reading_allocates_nothing_per_record(CompressionType compression)
    {
        var few = BatchOfMany(compression, 10);
        var many = BatchOfMany(compression, 10_000);
        // The pool is shared with tests that run meanwhile, so a buffer may be missing now and then, but not each time.
        var ofFew = Enumerable.Range(0, 10).Min(_ => Allocated(few));
        var ofMany = Enumerable.Range(0, 10).Min(_ => Allocated(many));

        Assert.Equal(ofFew, ofMany);
        Assert.True(compression == CompressionType.Gzip || ofMany == 0, $"{ofMany} bytes");
    }

    private static byte[] BatchOfMany(CompressionType compression, int count)
    {
        using var builder = new RecordBatchBuilder(compression);
        for (var index = 0; index < count; index++)
        {
            builder.Add(index, "key"u8, false, "value"u8, false, [new RecordHeader("header", new byte[] { 1 })]);
        }

        return builder.Build();
    }

    private static long Allocated(byte[] batch)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        var sum = 0L;
        RecordBatch.Check(batch, out _, out _);
        using (var reader = RecordReader.Open(batch))
        {
            while (reader.TryRead(out var record))
            {
                var headers = record.Headers;
                while (headers.TryRead(out var key, out _, out var value))
                {
                    sum += key.Length + value.Length + record.Offset;
                }
            }
        }

        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.NotEqual(0, sum);
        return allocated;
    }

    private static void ReadOne(byte[] batch, int skip = 0)
    {
        using var reader = RecordReader.Open(batch);
        for (var index = 0; index <= skip; index++)
        {
            reader.TryRead(out _);
        }
    }
}
