using System.Buffers.Binary;
using System.Numerics;

namespace Serverless.Core.Records;

/// <summary>
/// CRC-32C (Castagnoli, RFC 3720): the checksum of record batches. One instruction for eight bytes where there is one.
/// </summary>
public static class Crc32C
{
    public static uint Compute(ReadOnlySpan<byte> source)
    {
        var crc = uint.MaxValue;
        while (source.Length >= sizeof(ulong))
        {
            // Bits are taken from the least significant on, so bytes must be too, whatever the machine's order.
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(source));
            source = source[sizeof(ulong)..];
        }

        foreach (var octet in source)
        {
            crc = BitOperations.Crc32C(crc, octet);
        }

        return ~crc;
    }
}
