using System.Buffers.Binary;

namespace Serverless.Core.Topics;

/// <summary>
/// Kafka's MurmurHash2 of 32 bits. Its seed and its signed result are part of how keys go to partitions: they never
/// change.
/// </summary>
public static class Murmur2
{
    private const uint Seed = 0x9747b28c;
    private const uint Multiplier = 0x5bd1e995;
    private const int Shift = 24;

    public static int Hash(ReadOnlySpan<byte> key)
    {
        unchecked
        {
            var hash = Seed ^ (uint)key.Length;
            while (key.Length >= sizeof(uint))
            {
                var word = BinaryPrimitives.ReadUInt32LittleEndian(key) * Multiplier;
                word = (word ^ (word >> Shift)) * Multiplier;
                hash = (hash * Multiplier) ^ word;
                key = key[sizeof(uint)..];
            }

            if (!key.IsEmpty)
            {
                for (var index = 0; index < key.Length; index++)
                {
                    hash ^= (uint)key[index] << (8 * index);
                }

                hash *= Multiplier;
            }

            hash = (hash ^ (hash >> 13)) * Multiplier;
            return (int)(hash ^ (hash >> 15));
        }
    }
}
