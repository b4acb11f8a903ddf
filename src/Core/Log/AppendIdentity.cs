namespace Serverless.Core.Log;

/// <summary>What a batch is known by, so that the log itself tells a repetition, or one that comes too late, from news.</summary>
/// <remarks>
/// It is written into the batch's header and folded with it, so it is decided against the very state that an append extends,
/// and whoever appends next, on whatever instance, knows of it.
/// </remarks>
public abstract record AppendIdentity
{
    private protected AppendIdentity()
    {
    }

    /// <summary>A batch of an idempotent producer (KIP-98).</summary>
    /// <param name="BaseSequence">The first record's, from 0 to <see cref="int.MaxValue"/>, after which 0 follows.</param>
    /// <param name="LeavesOut">
    /// Sequences may be left out, as records of the same request went to other partitions; otherwise they follow one another.
    /// </param>
    public sealed record Sequence(long ProducerId, short ProducerEpoch, int BaseSequence, bool LeavesOut) : AppendIdentity;

    /// <summary>A batch of a request that has an idempotency key.</summary>
    /// <param name="Hash">62 bits of the key's hash, see <see cref="RequestKey"/>.</param>
    /// <param name="FromOffset">Before it no batch of this key can be.</param>
    public sealed record Key(long Hash, long FromOffset) : AppendIdentity;

    /// <summary>A batch of a transaction; the log gives it its sequence.</summary>
    /// <param name="KeyHash">The hash of the request's idempotency key; null where it has none.</param>
    public sealed record Transaction(long ProducerId, short ProducerEpoch, long? KeyHash = null) : AppendIdentity
    {
        /// <summary>Before it the log was searched for the key.</summary>
        internal long SearchedTo { get; init; }
    }
}

/// <summary>A transaction that has records in a partition and no marker yet.</summary>
public readonly record struct OpenTransaction(long ProducerId, short ProducerEpoch, long FirstOffset);
