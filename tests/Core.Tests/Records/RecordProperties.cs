using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Serverless.Core.Records;
using Xunit;

namespace Serverless.Core.Tests.Records;

/// <summary>
/// What is written is read back, for batches that nobody thought of. A failure prints the seed that replays it.
/// </summary>
public class RecordProperties
{
    private static readonly Config Runs = Config.QuickThrowOnFailure.WithMaxTest(300);

    [Fact]
    public void A_plain_batch_is_read_back() =>
        Check.One(Runs, Prop.ForAll(Batches, batch => IsReadBack(batch, CompressionType.None)));

    [Fact]
    public void A_gzip_batch_is_read_back() =>
        Check.One(Runs, Prop.ForAll(Batches, batch => IsReadBack(batch, CompressionType.Gzip)));

    [Fact]
    public void The_size_said_beforehand_is_the_size() => Check.One(Runs, Prop.ForAll(Batches, batch =>
    {
        using var builder = Filled(batch, CompressionType.None);

        var sizes = batch.Select((record, index) => RecordBatchBuilder.RecordSize(
            record.Key,
            record.Key is null,
            record.Value,
            record.Value is null,
            record.Headers,
            index,
            record.Timestamp - batch[0].Timestamp));

        Assert.Equal(RecordBatchHeader.Size + sizes.Sum(), builder.SizeInBytes);
        Assert.Equal(builder.SizeInBytes, builder.Build().Length);
    }));

    [Fact]
    public void Every_truncation_is_incomplete_and_every_cut_body_is_refused() =>
        Check.One(Config.QuickThrowOnFailure, Prop.ForAll(Batches, batch =>
        {
            using var builder = Filled(batch, CompressionType.None);
            var bytes = builder.Build();
            RecordBatchHeader.TryRead(bytes, out var header);

            for (var length = 0; length < bytes.Length; length++)
            {
                Assert.Equal(BatchCheck.Incomplete, RecordBatch.Check(bytes.AsSpan(0, length), out _, out _));
            }

            for (var length = RecordBatchHeader.Size; length < bytes.Length; length++)
            {
                var cut = bytes[..length];
                (header with { BatchLength = length - RecordBatchHeader.LogOverhead }).Write(cut);
                Reference.Seal(cut);
                Assert.NotNull(Reference.RuleBrokenBy(cut));
            }
        }));

    [Fact]
    public void Numbers_take_their_size_and_come_back() =>
        Check.One(Runs, Prop.ForAll(Gen.Choose(0, 63).SelectMany(Wide).ToArbitrary(), value =>
        {
            var buffer = new byte[10];
            var position = 0;

            var size = Varint.Write(buffer, value);

            Assert.Equal(Varint.Size(value), size);
            Assert.True(Varint.TryReadInt64(buffer.AsSpan(0, size), ref position, out var back));
            Assert.Equal((value, size), (back, position));
        }));

    private static Arbitrary<RecordData[]> Batches
    {
        get
        {
            var bytes = Gen.OneOf(
                Gen.Constant<byte[]?>(null),
                Gen.Constant<byte[]?>([]),
                ArrayOf(Gen.Choose(0, 255).Select(octet => (byte)octet), 200).Select(array => (byte[]?)array));

            // Whole scalar values from every plane, so that keys take one to four bytes a character.
            var scalar = Gen.OneOf(Gen.Choose(0, 0x7F), Gen.Choose(0x80, 0xD7FF), Gen.Choose(0xE000, 0x10FFFF));
            var key = ArrayOf(scalar, 20).Select(scalars => string.Concat(scalars.Select(char.ConvertFromUtf32)));
            var header =
                from name in key
                from value in bytes
                select new RecordHeader(name, value is null ? default(ReadOnlyMemory<byte>?) : value);
            var timestamp = Gen.OneOf(
                Gen.Constant(-1L),
                Gen.Choose(0, 100).Select(small => 1_700_000_000_000L + small),
                Gen.Choose(0, 62).SelectMany(Wide).Select(wide => wide & (long.MaxValue >> 1)));
            var record =
                from at in timestamp
                from name in bytes
                from value in bytes
                from headers in ArrayOf(header, 4)
                select new RecordData(at, name, value, headers);
            return ArrayOf(record, 12).Where(records => records.Length > 0).ToArbitrary();
        }
    }

    private static Gen<T[]> ArrayOf<T>(Gen<T> item, int lengthMax) =>
        Gen.Choose(0, lengthMax).SelectMany(length => item.ArrayOf(length));

    /// <summary>A number of about this many bits, either sign.</summary>
    private static Gen<long> Wide(int bits) =>
        from high in Gen.Choose(int.MinValue, int.MaxValue)
        from low in Gen.Choose(int.MinValue, int.MaxValue)
        select (((long)high << 32) | (uint)low) >> (63 - bits);

    private static RecordBatchBuilder Filled(RecordData[] batch, CompressionType compression)
    {
        var builder = new RecordBatchBuilder(compression);
        foreach (var record in batch)
        {
            builder.Add(
                record.Timestamp, record.Key, record.Key is null, record.Value, record.Value is null, record.Headers);
        }

        return builder;
    }

    private static void IsReadBack(RecordData[] batch, CompressionType compression)
    {
        using var builder = Filled(batch, compression);
        var bytes = builder.Build();
        RecordBatch.Stamp(bytes, 1000, 77);

        Assert.Equal(BatchCheck.Valid, RecordBatch.Check(bytes, out var header, out _));
        Assert.Equal(Reference.Crc32C(bytes.AsSpan(21)), header.Crc);
        Assert.Equal((bytes.Length, batch.Length), (header.SizeInBytes, header.RecordCount));
        Assert.Equal((compression, batch.Max(record => record.Timestamp)), (header.Compression, header.MaxTimestamp));
        using var reader = RecordReader.Open(bytes);
        for (var index = 0; index < batch.Length; index++)
        {
            Assert.True(reader.TryRead(out var record));
            Assert.Equal((1000 + index, batch[index].Timestamp), (record.Offset, record.Timestamp));
            Assert.Equal(batch[index].Key, Bytes(record.KeyIsNull, record.Key));
            Assert.Equal(batch[index].Value, Bytes(record.ValueIsNull, record.Value));
            Assert.Equal(batch[index].Headers.Length, record.HeaderCount);
            var headers = record.Headers;
            foreach (var expected in batch[index].Headers)
            {
                Assert.True(headers.TryRead(out var key, out var isNull, out var value));
                Assert.Equal(expected.Key, Encoding.UTF8.GetString(key));
                Assert.Equal(expected.Value?.ToArray(), Bytes(isNull, value));
            }

            Assert.False(headers.TryRead(out _, out _, out _));
        }

        Assert.False(reader.TryRead(out _));
    }

    private static byte[]? Bytes(bool isNull, ReadOnlySpan<byte> bytes) => isNull ? null : bytes.ToArray();

    private sealed record RecordData(long Timestamp, byte[]? Key, byte[]? Value, RecordHeader[] Headers);
}
