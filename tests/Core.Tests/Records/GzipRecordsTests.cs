using System.IO.Compression;
using Serverless.Core.Records;
using Xunit;

namespace Serverless.Core.Tests.Records;

public class GzipRecordsTests
{
    [Fact]
    public void Gzip_that_ends_early_at_any_byte_is_refused()
    {
        var gzip = Gzipped(Reference.Hex("0c000000010100"));

        Assert.Null(Reference.RuleBrokenBy(Reference.Batch("0001", 0, 1, gzip)));
        for (var length = 0; length < gzip.Length; length++)
        {
            Assert.NotNull(Reference.RuleBrokenBy(Reference.Batch("0001", 0, 1, gzip[..length])));
        }
    }

    [Fact]
    public void Gzip_may_come_in_several_members_but_nothing_else_may_follow()
    {
        var records = Reference.Hex("0c000000010100");
        byte[] members = [.. Gzipped(records[..3]), .. Gzipped(records[3..])];

        Assert.Null(Reference.RuleBrokenBy(Reference.Batch("0001", 0, 1, members)));
        Assert.NotNull(Reference.RuleBrokenBy(Reference.Batch("0001", 0, 1, [.. members, 0])));
        Assert.NotNull(Reference.RuleBrokenBy(Reference.Batch("0001", 0, 1, [.. members, 0x1f, 0x8b, 8])));

        // Were the last byte taken for our mark without a look at it, this one would pass.
        byte[] longer = [.. Gzipped([.. records, 0]), 0];
        Assert.NotNull(Reference.RuleBrokenBy(Reference.Batch("0001", 0, 1, longer)));
    }

    [Fact]
    public void Gzip_whose_own_checksum_or_length_is_wrong_is_refused()
    {
        var gzip = Gzipped(Reference.Hex("0c000000010100"));

        for (var at = gzip.Length - 8; at < gzip.Length; at++)
        {
            var wrong = gzip.ToArray();
            wrong[at] ^= 1;
            Assert.NotNull(Reference.RuleBrokenBy(Reference.Batch("0001", 0, 1, wrong)));
        }
    }

    [Fact]
    public void A_gzip_bomb_is_refused_while_it_is_decompressed()
    {
        var bomb = Reference.Batch("0001", 0, 1, Gzipped(new byte[256 * 1024 * 1024]));
        var before = GC.GetAllocatedBytesForCurrentThread();

        var rule = Reference.RuleBrokenBy(bomb);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.Contains("too large", rule, StringComparison.Ordinal);
        Assert.InRange(allocated, 0, 3L * RecordBatch.DecompressedBytesMax);
    }

    [Fact]
    public void The_limit_of_decompressed_bytes_is_inclusive()
    {
        var records = Reference.Hex("0c000000010100");
        var batch = Reference.Batch("0001", 0, 1, Gzipped(records));

        RecordReader.Open(batch, records.Length).Dispose();
        Assert.Throws<InvalidRecordException>(() => RecordReader.Open(batch, records.Length - 1).Dispose());
        Assert.Throws<InvalidRecordException>(() => RecordReader.Open(batch, 0).Dispose());
    }

    [Fact]
    public void A_million_empty_members_of_gzip_are_nothing_to_fear()
    {
        var member = Gzipped([]);
        var count = (RecordBatch.LengthMax - RecordBatch.LengthMin) / member.Length;
        var members = new byte[count * member.Length];
        for (var index = 0; index < count; index++)
        {
            member.CopyTo(members, index * member.Length);
        }

        Assert.NotNull(Reference.RuleBrokenBy(Reference.Batch("0001", 0, 1, members)));
    }

    [Fact]
    public void More_records_than_the_decompressed_bytes_hold_are_refused()
    {
        var batch = Reference.Batch("0001", 1_000_000, 1_000_000, Gzipped(Reference.Hex("0c000000010100")));

        Assert.Contains("record count", Reference.RuleBrokenBy(batch), StringComparison.Ordinal);
    }

    private static byte[] Gzipped(byte[] bytes)
    {
        using var stream = new MemoryStream();
        using (var gzip = new GZipStream(stream, CompressionLevel.Optimal, leaveOpen: true))
        {
            gzip.Write(bytes);
        }

        // .NET writes nothing at all for no bytes; a member without content is 20 bytes.
        return stream.Length > 0 ? stream.ToArray() : Convert.FromHexString("1f8b080000000000000003000000000000000000");
    }
}
