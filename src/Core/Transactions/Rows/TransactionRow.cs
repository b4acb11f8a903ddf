using System.Collections.Immutable;
using Serverless.Core.Storage;
using Serverless.Core.Topics;

namespace Serverless.Core.Transactions.Rows;

/// <summary>One row a transactional id: its producer id and epoch, its instance, and its one transaction.</summary>
/// <remarks>
/// Upholds <b>one decision</b>: a transaction is decided by the one replacement of this row that takes it from Ongoing to PrepareCommit
/// or PrepareAbort. That raises the epoch, so the state and the epoch together say which transaction they are of. What is to follow
/// the decision (markers, offsets) is named here before it is there, and stays named until it has followed.
/// </remarks>
internal sealed record TransactionRow(string TransactionalId, long ProducerId, short ProducerEpoch)
{
    /// <summary>How many outcomes are kept, so that a repeated request learns what it has led to.</summary>
    private const int OutcomesMax = 5;

    private const int Shards = 8;

    /// <summary>The incarnation of its program that came last, <c>{producerId}-{epoch}</c> of when it came.</summary>
    public string Instance { get; init; } = "";

    public InstanceStanding Standing { get; init; }

    /// <summary>Of the transaction with <see cref="ProducerEpoch"/>, but after a decision of the one before that.</summary>
    public TransactionState State { get; init; }

    public TimeSpan Timeout { get; init; }

    /// <summary>By the storage service's clock.</summary>
    public DateTimeOffset StartedAt { get; init; }

    /// <summary>When it was last changed, by the storage service's clock.</summary>
    public DateTimeOffset TouchedAt { get; init; }

    /// <summary>Partitions that records of the transaction may be in: written here before the first of them.</summary>
    public ImmutableSortedSet<RegisteredPartition> Partitions { get; init; } = [];

    /// <summary>Groups whose partition rows may hold offsets of the transaction.</summary>
    public ImmutableSortedSet<string> Groups { get; init; } = Ordinal;

    /// <summary>How the instance's last transactions ended, newest first.</summary>
    public ImmutableArray<TransactionOutcome> Outcomes { get; init; } = [];

    /// <summary>A log has forgotten the producer id, and so could not tell what is late: the next instance gets another.</summary>
    public bool NeedsNewId { get; init; }

    public string Stamps { get; init; } = "";

    public static ImmutableSortedSet<string> Ordinal { get; } = ImmutableSortedSet.Create<string>(StringComparer.Ordinal);

    public bool IsDecided => State is TransactionState.PrepareCommit or TransactionState.PrepareAbort;

    /// <summary>The transaction that a decided row is about: its epoch was raised by the decision.</summary>
    public TransactionKey Decided => new(TransactionalId, ProducerId, (short)(ProducerEpoch - 1));

    public TransactionKey Present => new(TransactionalId, ProducerId, ProducerEpoch);

    public DateTimeOffset ExpiresAt => StartedAt + Timeout;

    /// <summary>The service's clock shows whole seconds, cut off; so a deadline is over only when the clock shows more.</summary>
    public bool IsOverdue(DateTimeOffset now) => State == TransactionState.Ongoing && now > ExpiresAt;

    public string RowKey => KeyEncoding.Encode(TransactionalId);

    public static IEnumerable<string> AllShards => Enumerable.Range(0, Shards).Select(Shard);

    public static RowKey KeyOf(string transactionalId)
    {
        var row = KeyEncoding.Encode(transactionalId);
        return new(Shard((int)((uint)Murmur2.Hash(System.Text.Encoding.ASCII.GetBytes(row)) % Shards)), row);
    }

    private static string Shard(int number) => $"t|{number:x}";

    /// <summary>Decides the open transaction.</summary>
    public TransactionRow Decide(bool commit) => this with
    {
        State = commit ? TransactionState.PrepareCommit : TransactionState.PrepareAbort,
        ProducerEpoch = checked((short)(ProducerEpoch + 1)),
        Outcomes = [new TransactionOutcome(ProducerEpoch, commit), .. Outcomes.Take(OutcomesMax - 1)],
    };

    /// <summary>The same when all that was to follow the decision has followed.</summary>
    public TransactionRow Finish() => this with
    {
        State = State == TransactionState.PrepareCommit ? TransactionState.CompleteCommit : TransactionState.CompleteAbort,
        Partitions = [],
        Groups = Ordinal,
    };

    /// <summary>How a transaction of the present instance ended; null where that is not known, or not decided.</summary>
    public bool? OutcomeOf(short epoch) =>
        Outcomes.Where(outcome => outcome.ProducerEpoch == epoch).Select(outcome => (bool?)outcome.Commit).FirstOrDefault();
}

/// <summary>What has become of the instance that a row names.</summary>
internal enum InstanceStanding
{
    Live,

    /// <summary>A newer one is coming: it waits until what this one left open is done.</summary>
    Fenced,

    /// <summary>It was closed, or its producer id is of no use any more.</summary>
    Closed,
}

/// <summary>A partition that a transaction writes to. By the topic's id: one made anew under its name is another.</summary>
internal readonly record struct RegisteredPartition(string TopicId, string Topic, int Partition) : IComparable<RegisteredPartition>
{
    public int CompareTo(RegisteredPartition other)
    {
        var byTopic = string.CompareOrdinal(TopicId, other.TopicId);
        return byTopic != 0 ? byTopic : Partition.CompareTo(other.Partition);
    }

    public static bool operator <(RegisteredPartition left, RegisteredPartition right) => left.CompareTo(right) < 0;

    public static bool operator >(RegisteredPartition left, RegisteredPartition right) => left.CompareTo(right) > 0;

    public static bool operator <=(RegisteredPartition left, RegisteredPartition right) => left.CompareTo(right) <= 0;

    public static bool operator >=(RegisteredPartition left, RegisteredPartition right) => left.CompareTo(right) >= 0;
}

internal readonly record struct TransactionOutcome(short ProducerEpoch, bool Commit);
