using Serverless.Core.Records;
using Xunit;

namespace Serverless.Core.Tests.Records;

/// <summary>
/// Batches put down byte by byte from Kafka's specification ("Record Batch", "Record", "Control Batches").
/// </summary>
public class KafkaBytesTests
{
    private const long Time = 1_700_000_000_000;

    private static readonly byte[] Idempotent = Reference.Batch(
        Reference.Hex(
            "0000",             // attributes
            "00000002",         // last offset delta
            "0000018bcfe56800", // base timestamp
            "0000018bcfe56805", // max timestamp
            "00000000000003e9", // producer id
            "0002",             // producer epoch
            "00000007",         // base sequence
            "00000003"),        // record count
        Reference.Hex(
            "34 00 00 00",          // length 26, attributes, timestamp delta 0, offset delta 0
            "04 6b31 04 7631",      // key "k1", value "v1"
            "04",                   // 2 headers
            "0a 7472616365 04 0102", // "trace": 01 02
            "0a 7472616365 01",     // "trace": null
            "0c 00 0a 02 01 01 00", // timestamp delta 5, offset delta 1; key and value null, no headers
            "d601 00 05 04 00 c801", // length 107, timestamp delta -3, offset delta 2, empty key, value of 100 bytes
            string.Concat(Enumerable.Repeat("61", 100)),
            "00"));

    private static readonly byte[] Gzip = Reference.Batch(
        Reference.Hex(
            "0001 00000002 0000018bcfe56800 0000018bcfe56800", // attributes: gzip
            "ffffffffffffffff ffff ffffffff",                  // no producer
            "00000003"),

        // Three records with null key and value "aaaaaaaaaaaaaaaaaaaa", by zlib at its default level, as Java's client
        // does.
        Reference.Hex("1f8b08000000000000ff 3361606060d448c402184c181898704bb1e09002 00f745ccba 51000000"));

    private static readonly byte[] CommitMarker = Reference.Batch(
        Reference.Hex(
            "0030 00000000 0000018bcfe56800 0000018bcfe56800", // attributes: control, transactional
            "00000000000003e9 0002 ffffffff",                  // producer id and epoch, no sequence
            "00000001"),
        Reference.Hex(
            "20 00 00 00",        // length 16, attributes, deltas 0
            "08 0000 0001",       // key: version 0, type 1 (commit)
            "0c 0000 00000005",   // value: version 0, coordinator epoch 5
            "00"));

    [Fact]
    public void An_idempotent_batch_with_headers_nulls_and_negative_deltas_is_read()
    {
        var check = RecordBatch.Check(Idempotent, out var header, out var rule);
        using var reader = RecordReader.Open(Idempotent);

        Assert.Equal((BatchCheck.Valid, null), (check, rule));
        Assert.Equal(204, header.SizeInBytes);
        Assert.Equal((1001L, (short)2), (header.ProducerId, header.ProducerEpoch));
        Assert.Equal((7, 9), (header.BaseSequence, header.LastSequence));
        Assert.Equal((Time, Time + 5), (header.BaseTimestamp, header.MaxTimestamp));
        Assert.Equal((3, 3), (header.RecordCount, header.NextOffset));
        Assert.False(header.IsControl || header.IsTransactional);

        Assert.True(reader.TryRead(out var first));
        Assert.Equal((0, Time), (first.Offset, first.Timestamp));
        Assert.Equal("k1"u8, first.Key);
        Assert.Equal("v1"u8, first.Value);
        Assert.False(first.KeyIsNull || first.ValueIsNull);
        Assert.Equal(2, first.HeaderCount);
        var headers = first.Headers;
        Assert.True(headers.TryRead(out var name, out var isNull, out var value));
        Assert.Equal("trace"u8, name);
        Assert.False(isNull);
        Assert.True(value.SequenceEqual<byte>([1, 2]));
        Assert.True(headers.TryRead(out name, out isNull, out value));
        Assert.Equal("trace"u8, name);
        Assert.True(isNull);
        Assert.True(value.IsEmpty);
        Assert.False(headers.TryRead(out _, out _, out _));

        Assert.True(reader.TryRead(out var second));
        Assert.Equal((1, Time + 5), (second.Offset, second.Timestamp));
        Assert.True(second.KeyIsNull && second.ValueIsNull);
        Assert.Equal(0, second.HeaderCount);

        Assert.True(reader.TryRead(out var third));
        Assert.Equal((2, Time - 3), (third.Offset, third.Timestamp));
        Assert.False(third.KeyIsNull);
        Assert.True(third.Key.IsEmpty);
        Assert.Equal(100, third.Value.Length);
        Assert.False(reader.TryRead(out _));
    }

    [Fact]
    public void An_idempotent_batch_with_headers_nulls_and_negative_deltas_is_written()
    {
        using var builder = new RecordBatchBuilder(producerId: 1001, producerEpoch: 2, baseSequence: 7);
        RecordHeader[] headers = [new("trace", new byte[] { 1, 2 }), new("trace", null)];
        builder.Add(Time, "k1"u8, false, "v1"u8, false, headers);
        builder.Add(Time + 5, default, true, default, true);
        builder.Add(Time - 3, default, false, Enumerable.Repeat((byte)'a', 100).ToArray(), false);

        var batch = builder.Build();

        Assert.Equal(Convert.ToHexStringLower(Idempotent), Convert.ToHexStringLower(batch));
    }

    [Fact]
    public void A_gzip_batch_is_read()
    {
        var check = RecordBatch.Check(Gzip, out var header, out _);
        using var reader = RecordReader.Open(Gzip);

        Assert.Equal(BatchCheck.Valid, check);
        Assert.Equal(CompressionType.Gzip, header.Compression);
        for (var offset = 0; offset < 3; offset++)
        {
            Assert.True(reader.TryRead(out var record));
            Assert.Equal((offset, Time), (record.Offset, record.Timestamp));
            Assert.True(record.KeyIsNull);
            Assert.Equal("aaaaaaaaaaaaaaaaaaaa"u8, record.Value);
        }

        Assert.False(reader.TryRead(out _));
    }

    [Fact]
    public void A_commit_marker_is_read()
    {
        var check = RecordBatch.Check(CommitMarker, out var header, out _);
        var typed = ControlRecord.TryReadType(CommitMarker, out var type);

        Assert.Equal(BatchCheck.Valid, check);
        Assert.Equal(78, header.SizeInBytes);
        Assert.True(header.IsControl && header.IsTransactional);
        Assert.Equal(-1, header.LastSequence);
        Assert.True(typed);
        Assert.Equal(ControlRecord.Commit, type);
    }

    [Fact]
    public void A_commit_marker_is_written()
    {
        var batch = RecordBatchBuilder.BuildControl(
            ControlRecord.Commit, 0, [0, 0, 0, 0, 0, 5], Time, producerId: 1001, producerEpoch: 2, transactional: true);

        Assert.Equal(Convert.ToHexStringLower(CommitMarker), Convert.ToHexStringLower(batch));
    }
}
