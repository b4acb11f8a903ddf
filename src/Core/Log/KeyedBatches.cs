using System.Collections.Immutable;
using Serverless.Core.Records;

namespace Serverless.Core.Log;

/// <summary>The batches of requests with idempotency keys, by the hashes in their headers, of the newest part of one log.</summary>
/// <remarks>
/// All of those from <see cref="From"/> on are here, so a hash that is not here is not in that part of the log. What lies before is
/// read from the log, which is asked for only after a first attempt got lost, some thousand keys ago. Immutable.
/// </remarks>
internal sealed class KeyedBatches
{
    private const int GenerationMax = 2_000;

    private readonly ImmutableDictionary<long, long> _young;
    private readonly ImmutableDictionary<long, long> _old;
    private readonly long _youngFrom;

    private KeyedBatches(ImmutableDictionary<long, long> young, long youngFrom, ImmutableDictionary<long, long> old, long from) =>
        (_young, _youngFrom, _old, From) = (young, youngFrom, old, from);

    public IEnumerable<KeyValuePair<long, long>> All => _old.Concat(_young).OrderBy(batch => batch.Value);

    public bool IsEmpty => _old.IsEmpty && _young.IsEmpty;

    /// <summary>Every batch with a key from this offset on is known.</summary>
    public long From { get; }

    public static KeyedBatches StartingAt(long offset) =>
        new(ImmutableDictionary<long, long>.Empty, offset, ImmutableDictionary<long, long>.Empty, offset);

    public static KeyedBatches Of(IEnumerable<KeyValuePair<long, long>> all, long from)
    {
        var keys = StartingAt(from);
        foreach (var (hash, offset) in all)
        {
            keys = keys.Add(hash, offset);
        }

        return keys;
    }

    /// <summary>Kafka takes every producer id below 0 for none; those below -1 are hashes.</summary>
    public static long ProducerIdOf(long hash) => -2 - hash;

    /// <summary>The hash that a batch has; null where its request had no key.</summary>
    public static long? HashOf(in RecordBatchHeader header) =>
        header.IsControl ? null
        : header.ProducerId < -1 ? -2 - header.ProducerId
        : header.ProducerId >= 0 && header.IsTransactional && Sequences.IsKeyed(header.BaseSequence)
            ? InTransaction(header.ProducerId, header.ProducerEpoch, header.BaseSequence)
        : null;

    /// <summary>What a batch of a transaction is found by: there are only 30 bits of the key, but those of one transaction.</summary>
    public static long InTransaction(long producerId, short producerEpoch, int sequence)
    {
        // The finalizer of SplitMix64, which maps one to one.
        var mixed = (ulong)producerId + ((ulong)(ushort)producerEpoch << 40);
        mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
        mixed ^= (ulong)(uint)sequence * 0x9E3779B97F4A7C15;
        mixed = (mixed ^ (mixed >> 31)) * 0xBF58476D1CE4E5B9;
        return (long)((mixed ^ (mixed >> 29)) >> 2);
    }

    /// <summary>Base offset of the batch of this hash at or behind an offset; null when there is none in the known part.</summary>
    public long? Find(long hash, long fromOffset) =>
        (_young.TryGetValue(hash, out var offset) || _old.TryGetValue(hash, out offset)) && offset >= fromOffset ? offset : null;

    public KeyedBatches Append(in RecordBatchHeader header)
    {
        if (HashOf(header) is not { } hash)
        {
            return this;
        }

        return Add(hash, header.BaseOffset);
    }

    private KeyedBatches Add(long hash, long offset) => _young.Count < GenerationMax
        ? new KeyedBatches(_young.SetItem(hash, offset), _youngFrom, _old, From)
        : new KeyedBatches(ImmutableDictionary<long, long>.Empty.Add(hash, offset), offset, _young, _youngFrom);
}
