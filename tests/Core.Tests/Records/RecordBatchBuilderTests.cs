using Serverless.Core.Records;
using Xunit;

namespace Serverless.Core.Tests.Records;

public class RecordBatchBuilderTests
{
    [Fact]
    public void A_batch_without_records_is_not_built()
    {
        using var builder = new RecordBatchBuilder();

        Assert.Throws<InvalidOperationException>(() => builder.Build());
    }

    [Fact]
    public void A_timestamp_may_be_missing_but_not_negative_otherwise()
    {
        using var builder = new RecordBatchBuilder();
        builder.Add(-1, default, true, default, true);

        Assert.Throws<ArgumentOutOfRangeException>(() => builder.Add(-2, default, true, default, true));
        Assert.Throws<ArgumentOutOfRangeException>(() => builder.Add(long.MaxValue, default, true, default, true));

        RecordBatchHeader.TryRead(builder.Build(), out var header);
        Assert.Equal((1, -1, -1), (header.RecordCount, header.BaseTimestamp, header.MaxTimestamp));
    }

    [Fact]
    public void The_widest_span_of_timestamps_is_read_back()
    {
        using var builder = new RecordBatchBuilder();
        builder.Add(long.MaxValue, default, true, default, true);
        builder.Add(-1, default, true, default, true);

        using var reader = RecordReader.Open(builder.Build());

        Assert.True(reader.TryRead(out var first));
        Assert.Equal(long.MaxValue, first.Timestamp);
        Assert.True(reader.TryRead(out var second));
        Assert.Equal(-1, second.Timestamp);
    }

    [Fact]
    public void The_size_said_is_the_size_built()
    {
        using var builder = new RecordBatchBuilder();
        RecordHeader[] headers = [new("é", new byte[300]), new("", null)];

        Assert.Equal(RecordBatchHeader.Size, builder.SizeInBytes);
        builder.Add(5, "key"u8, false, new byte[5000], false, headers);
        var recordSize = RecordBatchBuilder.RecordSize("key"u8, false, new byte[5000], false, headers);

        Assert.Equal(RecordBatchHeader.Size + recordSize, builder.SizeInBytes);
        Assert.Equal(builder.SizeInBytes, builder.Build().Length);
    }

    [Fact]
    public void A_record_that_does_not_fit_leaves_the_batch_as_it_was()
    {
        using var builder = new RecordBatchBuilder();

        // Beside its value a record takes 13 bytes: two lengths of 4, and five fields of one.
        var value = new byte[RecordBatch.LengthMax - RecordBatch.LengthMin - 13];

        Assert.Throws<ArgumentException>(() => builder.Add(0, default, true, [.. value, 0], false));
        Assert.Equal((0, RecordBatchHeader.Size), (builder.Count, builder.SizeInBytes));

        builder.Add(0, default, true, value, false);
        Assert.Equal(BatchCheck.Valid, RecordBatch.Check(builder.Build(), out var header, out _));
        Assert.Equal(RecordBatch.LengthMax, header.BatchLength);
    }

    [Fact]
    public void What_gzip_makes_too_large_is_stored_plain()
    {
        using var builder = new RecordBatchBuilder(CompressionType.Gzip);
        var value = new byte[RecordBatch.LengthMax - RecordBatch.LengthMin - 13];
        new Random(3).NextBytes(value);
        builder.Add(0, default, true, value, false);

        var batch = builder.Build();

        Assert.Equal(BatchCheck.Valid, RecordBatch.Check(batch, out var header, out _));
        Assert.Equal(CompressionType.None, header.Compression);
        Assert.Null(Reference.RuleBrokenBy(batch));
    }

    [Fact]
    public void A_header_key_that_is_not_Unicode_is_refused_rather_than_changed()
    {
        using var builder = new RecordBatchBuilder();

        Assert.ThrowsAny<ArgumentException>(
            () => builder.Add(0, default, true, default, true, [new RecordHeader("\ud800", null)]));
        Assert.ThrowsAny<ArgumentException>(
            () => builder.Add(0, default, true, default, true, [new RecordHeader(null!, null)]));
        Assert.Equal((0, RecordBatchHeader.Size), (builder.Count, builder.SizeInBytes));
    }

    [Fact]
    public void Kafkas_rules_for_producers_hold()
    {
        Assert.Throws<ArgumentException>(() => new RecordBatchBuilder(transactional: true));
        Assert.Throws<ArgumentException>(() => new RecordBatchBuilder(producerId: 1, baseSequence: 0));
        Assert.Throws<ArgumentException>(() => new RecordBatchBuilder(producerId: 1, producerEpoch: 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new RecordBatchBuilder(CompressionType.Zstd));
    }

    [Fact]
    public void Flags_of_a_transactional_gzip_batch_are_set()
    {
        using var builder = new RecordBatchBuilder(
            CompressionType.Gzip,
            TimestampType.LogAppendTime,
            producerId: 1,
            producerEpoch: 0,
            baseSequence: 0,
            transactional: true);
        builder.Add(8, default, true, default, true);
        builder.Add(3, default, true, default, true);

        RecordBatchHeader.TryRead(builder.Build(), out var header);

        Assert.Equal(0b0001_1001, header.Attributes);
        Assert.True(header.IsTransactional);
        Assert.Equal((CompressionType.Gzip, TimestampType.LogAppendTime), (header.Compression, header.TimestampType));
        Assert.Equal(8, header.MaxTimestamp);
    }

    [Fact]
    public void A_builder_is_used_again_after_reset()
    {
        using var builder = new RecordBatchBuilder();
        builder.Add(50, "a"u8, false, new byte[3000], false);
        builder.Reset();
        using var fresh = new RecordBatchBuilder();
        foreach (var each in new[] { builder, fresh })
        {
            each.Add(7, "b"u8, false, default, true);
        }

        Assert.Equal(fresh.Build(), builder.Build());
        Assert.Equal(builder.Build(), builder.Build());
    }

    [Fact]
    public void A_disposed_builder_is_not_used()
    {
        var builder = new RecordBatchBuilder();
        builder.Add(0, default, true, default, true);
        builder.Dispose();
        builder.Dispose();

        Assert.Throws<ObjectDisposedException>(() => builder.Build());
        Assert.Throws<ObjectDisposedException>(() => builder.Add(0, default, true, default, true));
    }
}
