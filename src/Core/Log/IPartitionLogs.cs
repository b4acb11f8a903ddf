using Serverless.Core.Groups;
using Serverless.Core.Topics;

namespace Serverless.Core.Log;

/// <summary>The logs of all partitions, as this instance reaches them: what groups and the HTTP edge need of the log.</summary>
/// <remarks>
/// A topic that was deleted meanwhile answers <see cref="ErrorCode.UnknownTopicOrPartition"/>. Storage failures throw
/// <see cref="Storage.StorageException"/>, and stored bytes that are wrong throw <see cref="CorruptLogException"/>.
/// </remarks>
public interface IPartitionLogs
{
    /// <summary>Appends one encoded record batch (magic 2, base offset 0, valid CRC, no producer id) as one unit.</summary>
    /// <param name="identity">What it is known by; a batch that is stored already is answered with its place. Null: it is news.</param>
    /// <remarks>
    /// Errors: MessageTooLarge when the batch does not fit one block; RequestTimedOut when the outcome is unknown. With an identity,
    /// and then nothing was appended: OutOfOrderSequenceNumber; DuplicateSequenceNumber (the sequence was used with other records);
    /// InvalidProducerEpoch (a newer epoch was here); UnknownProducerId (what was known of it may be forgotten);
    /// InvalidTxnState (the producer has a transaction open here, and this batch is none of it).
    /// </remarks>
    ValueTask<AppendAnswer> AppendAsync(
        Topic topic, int partition, ReadOnlyMemory<byte> batch, AppendIdentity? identity, CancellationToken cancellationToken);

    /// <summary>The log end as known without a look at storage, which may be less than it is; opened first when it is not.</summary>
    ValueTask<long> KnownEndAsync(Topic topic, int partition, CancellationToken cancellationToken);

    /// <summary>Appends the marker that ends a producer's transaction here, unless it is there, or there is a newer epoch already.</summary>
    /// <param name="producerEpoch">The epoch that follows the transaction's (KIP-890): older appends are refused from then on.</param>
    /// <remarks>Error: UnknownTopicOrPartition when the log is closed; RequestTimedOut when the outcome is unknown.</remarks>
    ValueTask<ErrorCode> EndTransactionAsync(
        string topicId, int partition, long producerId, short producerEpoch, bool commit, CancellationToken cancellationToken);

    /// <summary>Transactions that are open in a partition, by their first offsets.</summary>
    ValueTask<IReadOnlyList<OpenTransaction>> OpenTransactionsAsync(Topic topic, int partition, CancellationToken cancellationToken);

    /// <summary>Reads whole batches from the one that holds <paramref name="offset"/> on, without waiting.</summary>
    /// <param name="bytesMax">Stops before the batch that would pass this many bytes; the first batch comes whatever its size.</param>
    /// <param name="isolation">With ReadCommitted nothing at or above the last stable offset, and no batch of an aborted transaction.</param>
    ValueTask<FetchAnswer> FetchAsync(
        Topic topic, int partition, long offset, int bytesMax, IsolationLevel isolation, CancellationToken cancellationToken);

    /// <summary>The marks as they are in storage now: a record acknowledged before the call is below the log end.</summary>
    ValueTask<OffsetSnapshot> OffsetsAsync(Topic topic, int partition, CancellationToken cancellationToken);

    /// <summary>The first record whose timestamp is at or after <paramref name="timestampMs"/>; null when there is none.</summary>
    ValueTask<OffsetAndTimestamp?> OffsetForTimestampAsync(
        Topic topic, int partition, long timestampMs, CancellationToken cancellationToken);

    /// <summary>
    /// Waits until one of the partitions has something at or past its offset, or <paramref name="wait"/> is over. Woken at once by
    /// appends of this instance; otherwise looks again with growing pauses, at most 30 reads in 30 s a partition.
    /// </summary>
    ValueTask<bool> WaitAsync(
        IReadOnlyList<PartitionPosition> positions, TimeSpan wait, CancellationToken cancellationToken);
}

/// <summary>The plain forms.</summary>
public static class PlainLogs
{
    /// <summary>Appends a batch that is news.</summary>
    public static ValueTask<AppendAnswer> AppendAsync(
        this IPartitionLogs logs, Topic topic, int partition, ReadOnlyMemory<byte> batch, CancellationToken cancellationToken) =>
        logs.AppendAsync(topic, partition, batch, identity: null, cancellationToken);

    /// <summary>Reads whatever is there, transactions that are not decided included.</summary>
    public static ValueTask<FetchAnswer> FetchAsync(
        this IPartitionLogs logs, Topic topic, int partition, long offset, int bytesMax, CancellationToken cancellationToken) =>
        logs.FetchAsync(topic, partition, offset, bytesMax, IsolationLevel.ReadUncommitted, cancellationToken);
}

/// <summary>A place in a partition; <c>Offset</c> is the next to be read.</summary>
public readonly record struct PartitionPosition(Topic Topic, int Partition, long Offset);

/// <summary>Where a batch was appended: its first record has <c>BaseOffset</c>. <c>LogAppendTimeMs</c> is -1 where the topic keeps create times.</summary>
/// <param name="IsDuplicate">An earlier attempt had stored it, at this place.</param>
public readonly record struct AppendAnswer(
    ErrorCode Error, long BaseOffset, long LogAppendTimeMs = -1, bool IsDuplicate = false)
{
    /// <summary>Within the log only: a part of it has to be searched for a key before the append can be decided.</summary>
    internal KeySearch? Search { get; init; }

    internal static AppendAnswer LookBefore(long toOffset, long fromOffset, long hash) =>
        new(ErrorCode.RequestTimedOut, -1) { Search = new KeySearch(hash, fromOffset, toOffset) };
}

/// <summary>A part of the log, and the hash to look for there.</summary>
internal readonly record struct KeySearch(long Hash, long FromOffset, long ToOffset);

/// <summary>
/// Batches read, back to back. The first may begin below the offset asked for, and control batches are among them: the
/// reader leaves both out. <c>NextOffset</c> is where to go on. Error: OffsetOutOfRange (below start or above end).
/// </summary>
public readonly record struct FetchAnswer(
    ErrorCode Error, OffsetSnapshot Offsets, ReadOnlyMemory<byte> Batches, long NextOffset);

public readonly record struct OffsetAndTimestamp(long Offset, long TimestampMs);
