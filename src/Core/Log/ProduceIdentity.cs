using Serverless.Core.Topics;

namespace Serverless.Core.Log;

/// <summary>What a produce request is known by, so that its repetition stores nothing twice.</summary>
public abstract record ProduceIdentity
{
    private ProduceIdentity()
    {
    }

    /// <summary>Of an idempotent producer: record <c>i</c> of the request has sequence <c>BaseSequence + i</c>.</summary>
    /// <param name="OnePartition">The request names its partition, whose sequences follow one another without a gap.</param>
    public sealed record Sequence(long ProducerId, short ProducerEpoch, int BaseSequence, bool OnePartition) : ProduceIdentity
    {
        /// <summary>
        /// From how many of a topic's partitions the producer's records are spread, so that a request that comes again goes to the same
        /// ones. Null: from as many as the topic is known to have.
        /// </summary>
        public Func<Topic, CancellationToken, ValueTask<int>>? Spread { get; init; }
    }

    /// <summary>Of a request with an idempotency key. The same key must come with the same records and the same <c>Start</c>.</summary>
    public sealed record Key(RequestKey Request) : ProduceIdentity;

    /// <summary>Of a transaction whose partitions are registered.</summary>
    public sealed record Transaction(long ProducerId, short ProducerEpoch, RequestKey? Request = null) : ProduceIdentity;
}

/// <summary>An idempotency key as the log needs it.</summary>
/// <param name="Hash">62 bits that only this request has; it also tells where its records without a key go.</param>
/// <param name="Start">Where the topic stood before the request was first tried.</param>
public sealed record RequestKey(long Hash, ProduceStart Start)
{
    /// <summary>The hash of what makes a request unique: the first 62 bits of a SHA-256, or of what else is as even.</summary>
    public static long HashOf(ReadOnlySpan<byte> digest) =>
        (long)(System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(digest) >> 2);
}

/// <summary>A topic before a request was first tried: no batch of that request lies before these offsets.</summary>
/// <param name="Partitions">How many partitions the topic had: records go where they went first, even if it has more by now.</param>
/// <param name="Ends">The log end, or less, of each partition that records go to.</param>
public sealed record ProduceStart(string TopicId, int Partitions, IReadOnlyDictionary<int, long> Ends)
{
    /// <summary>The time of records that have none, so that an attempt whose records are found answers as the first one would have.</summary>
    public long? TimestampMs { get; init; }

    /// <summary>The topic's <c>max.message.bytes</c> then: what was left out of a batch for its size is left out of it again.</summary>
    public int? MessageBytesMax { get; init; }
}
