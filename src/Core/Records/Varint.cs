using System.Numerics;

namespace Serverless.Core.Records;

/// <summary>Zig-zag numbers of variable length, as Protocol Buffers and Kafka's records write them.</summary>
/// <remarks>
/// A number takes the same bytes as an <c>int</c> and as a <c>long</c>, so there is one writer; readers differ in how
/// much they let in. As in Kafka a number may take more bytes than it needs. Bits beyond the type's, which Kafka
/// drops, are refused: no writer makes them, and dropping would turn damage into another number.
/// </remarks>
internal static class Varint
{
    public static int Size(long value)
    {
        var bits = 64 - BitOperations.LeadingZeroCount(ZigZag(value) | 1);
        return (bits + 6) / 7;
    }

    /// <summary>Writes the number and says how many bytes it took.</summary>
    public static int Write(Span<byte> destination, long value)
    {
        var rest = ZigZag(value);
        var size = 0;
        while (rest >= 0x80)
        {
            destination[size++] = (byte)(rest | 0x80);
            rest >>= 7;
        }

        destination[size++] = (byte)rest;
        return size;
    }

    /// <summary>
    /// Reads at <paramref name="position"/> and moves it on; false when the bytes end or exceed 32 bits.
    /// </summary>
    public static bool TryReadInt32(ReadOnlySpan<byte> source, scoped ref int position, out int value)
    {
        var read = TryReadRaw(source, ref position, 32, out var raw);
        value = (int)UnZigZag(raw);
        return read;
    }

    /// <summary>
    /// Reads at <paramref name="position"/> and moves it on; false when the bytes end or exceed 64 bits.
    /// </summary>
    public static bool TryReadInt64(ReadOnlySpan<byte> source, scoped ref int position, out long value)
    {
        var read = TryReadRaw(source, ref position, 64, out var raw);
        value = UnZigZag(raw);
        return read;
    }

    private static bool TryReadRaw(ReadOnlySpan<byte> source, scoped ref int position, int bits, out ulong raw)
    {
        raw = 0;
        for (var shift = 0; shift < bits && (uint)position < (uint)source.Length; shift += 7)
        {
            ulong octet = source[position++];
            if (shift + 7 > bits && octet >> (bits - shift) != 0)
            {
                break;
            }

            raw |= (octet & 0x7F) << shift;
            if (octet < 0x80)
            {
                return true;
            }
        }

        raw = 0;
        return false;
    }

    private static ulong ZigZag(long value) => (ulong)((value << 1) ^ (value >> 63));

    private static long UnZigZag(ulong raw) => (long)(raw >> 1) ^ -(long)(raw & 1);
}
