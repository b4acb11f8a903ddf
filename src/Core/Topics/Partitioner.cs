namespace Serverless.Core.Topics;

/// <summary>Chooses the partitions of one request's records to one topic, where the producer has not.</summary>
/// <remarks>
/// Records with a key go where Kafka's Java client sends them. Those without go round record by record from a random
/// start: a request of as many records as partitions reaches all of them, whatever other requests do meanwhile. Where a
/// request may come again, the start is one that comes again with it.
/// </remarks>
/// <param name="partitions">How many the topic has; at least one.</param>
/// <param name="random">Asked once, when the first record without a key comes.</param>
public sealed class Partitioner(int partitions, Random random)
{
    private int _next = -1;

    /// <summary>Goes round from a start that is the same for the same hash, which has 62 bits.</summary>
    public Partitioner(int partitions, Random random, long hash)
        : this(partitions, random)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(hash);
        _next = (int)((hash + partitions - 1) % partitions);
    }

    /// <summary>
    /// The partition of a key, which may be empty: Kafka's <c>(murmur2(key) &amp; 0x7fffffff) % partitions</c>.
    /// </summary>
    public static int ForKey(ReadOnlySpan<byte> key, int partitions)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(partitions, 1);
        return (Murmur2.Hash(key) & int.MaxValue) % partitions;
    }

    /// <summary>The partition of the request's next record.</summary>
    public int Choose(ReadOnlySpan<byte> key, bool keyIsNull)
    {
        if (!keyIsNull)
        {
            return ForKey(key, partitions);
        }

        ArgumentOutOfRangeException.ThrowIfLessThan(partitions, 1);
        _next = _next < 0 ? random.Next(partitions) : (_next + 1) % partitions;
        return _next;
    }
}
