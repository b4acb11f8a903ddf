using System.Buffers.Binary;
using System.Text;
using Serverless.Core.Records;
using Xunit;

namespace Serverless.Core.Tests.Records;

/// <summary>What the codec is held against: checksums bit by bit, and batches put together by hand.</summary>
internal static class Reference
{
    private const int CrcAt = 17, AttributesAt = 21;

    /// <summary>CRC-32C by its definition: the reversed polynomial 0x1EDC6F41, a bit at a time.</summary>
    public static uint Crc32C(ReadOnlySpan<byte> bytes) => Crc(bytes, 0x82F63B78);

    /// <summary>Bytes of hexadecimal text; what is not a digit is only there for people.</summary>
    public static byte[] Hex(params string[] lines) =>
        Convert.FromHexString(string.Concat(lines).Replace(" ", "", StringComparison.Ordinal));

    /// <summary>A batch of these header fields and records, its length and checksum filled in.</summary>
    public static byte[] Batch(string attributes, int lastOffsetDelta, int count, byte[] records) =>
        Batch(
            Hex(
                attributes,
                lastOffsetDelta.ToString("x8", null),
                "0000018bcfe56800",
                "0000018bcfe56805",
                "ffffffffffffffff",
                "ffff",
                "ffffffff",
                count.ToString("x8", null)),
            records);

    /// <summary>A batch of the 40 bytes from attributes to record count, and these records.</summary>
    public static byte[] Batch(byte[] fields, byte[] records)
    {
        byte[] batch = [.. new byte[AttributesAt], .. fields, .. records];
        BinaryPrimitives.WriteInt32BigEndian(batch.AsSpan(8), batch.Length - 12);
        batch[16] = 2;
        Seal(batch);
        return batch;
    }

    /// <summary>A batch of one record, whose body (what its length counts) is given.</summary>
    public static byte[] BatchOf(string body)
    {
        var bytes = Hex(body);
        Assert.True(bytes.Length < 64);
        return Batch("0000", 0, 1, [(byte)(bytes.Length * 2), .. bytes]);
    }

    /// <summary>Makes the checksum right, whatever the bytes are.</summary>
    public static void Seal(byte[] batch) =>
        BinaryPrimitives.WriteUInt32BigEndian(batch.AsSpan(CrcAt), Crc32C(batch.AsSpan(AttributesAt)));

    public static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);

    /// <summary>Reads the batch to its end, and gives the rule that it breaks, or null.</summary>
    public static string? RuleBrokenBy(byte[] batch)
    {
        try
        {
            using var reader = RecordReader.Open(batch);
            while (reader.TryRead(out _))
            {
            }

            return null;
        }
        catch (InvalidRecordException invalid)
        {
            return invalid.Rule;
        }
    }

    private static uint Crc(ReadOnlySpan<byte> bytes, uint polynomial)
    {
        var crc = uint.MaxValue;
        foreach (var octet in bytes)
        {
            crc ^= octet;
            for (var bit = 0; bit < 8; bit++)
            {
                crc = (crc >> 1) ^ ((crc & 1) * polynomial);
            }
        }

        return ~crc;
    }
}
