namespace Serverless.Core.Transactions;

/// <summary>Ids of idempotent producers, never given out twice (KIP-98).</summary>
public interface IProducerIds
{
    /// <summary>A new id with epoch 0, known from now on, to its owner alone.</summary>
    /// <param name="owner">The principal whose it is; empty where callers are not told apart.</param>
    ValueTask<long> NewAsync(string owner, CancellationToken cancellationToken);

    /// <summary>
    /// Whether an id may be used by a producer: given out to this owner, not deleted, not expired, and no transactional id's. Usually
    /// known without a storage call; use keeps it from expiring.
    /// </summary>
    ValueTask<bool> IsKnownAsync(long producerId, string owner, CancellationToken cancellationToken);

    /// <summary>
    /// From how many partitions of a topic the records of a producer are spread: as many as the topic had at its first request there,
    /// whatever is added since. A request that comes again then goes where it went. Usually known without a storage call.
    /// </summary>
    /// <returns>Null where the id is not known any more. Error: PolicyViolation when it has been used with too many topics.</returns>
    ValueTask<ProducerSpread?> SpreadAsync(long producerId, string topicId, int partitions, CancellationToken cancellationToken);

    /// <summary>Forgets an id; false when this owner has none such.</summary>
    ValueTask<bool> DeleteAsync(long producerId, string owner, CancellationToken cancellationToken);

    /// <summary>An id for a transactional id: no producer's, and it does not expire by itself.</summary>
    ValueTask<long> NewForTransactionsAsync(CancellationToken cancellationToken);

    /// <summary>Removes ids that were not used for <c>producer.id.expiration.ms</c>; true when there are more.</summary>
    ValueTask<bool> SweepAsync(CancellationToken cancellationToken);
}

/// <summary>See <see cref="IProducerIds.SpreadAsync"/>.</summary>
public readonly record struct ProducerSpread(ErrorCode Error, int Partitions);
