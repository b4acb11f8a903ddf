using Serverless.Core.Storage;

namespace Serverless.Core.Groups;

/// <summary>A member's share as one that does without polls needs it: where each partition stands, moved by compare-and-swap.</summary>
/// <remarks>
/// Push delivery works so: what it fixes before it sends, and how far its attempts have come, stand as the commit's metadata, in the row
/// that a new owner reads first. A step names what it believes the row to say. So a member that lost a partition and has it again, and
/// does not know that it was away, moves nothing that others have done meanwhile. Errors are those of <see cref="IConsumerGroups"/>.
/// </remarks>
public interface IGroupShares
{
    /// <summary>Renews the instance, releases and claims partitions, and tells what it has.</summary>
    /// <param name="fresh">Reads the rows now; otherwise they may be those that this process remembers.</param>
    ValueTask<GroupAnswer<GroupShare>> ShareAsync(string group, string instance, bool fresh, CancellationToken cancellationToken);

    /// <summary>Takes steps in partitions of its share, each for itself, in one transaction of at most 96. Tells for each what became of it.</summary>
    /// <param name="effects">Changes of the group's own rows (<see cref="EffectRows"/>), in the same transaction: all of it happens, or none.
    /// Where one of them conflicts for good, the request fails with a retriable <see cref="StorageException"/>.</param>
    ValueTask<GroupAnswer<IReadOnlyList<StepOutcome>>> StepAsync(
        string group, string instance, IReadOnlyList<ShareStep> steps, IReadOnlyList<RowAction> effects,
        CancellationToken cancellationToken);
}

/// <summary>What a member has. <c>Now</c> is the storage service's clock when this is answered.</summary>
public sealed record GroupShare(IReadOnlyList<SharePartition> Partitions, DateTimeOffset Now)
{
    /// <summary>The stopwatch when this was decided: what made it true may have taken long since.</summary>
    internal long DecidedAt { get; init; }
}

/// <summary>A partition of a share, and where it stands.</summary>
public sealed record SharePartition(TopicPartition At, string TopicId, OffsetMark Mark);

/// <summary>Where a group stands in a partition: the next offset (the committed one, or where it is to start), and the commit's metadata.</summary>
public readonly record struct OffsetMark(long Offset, string Metadata);

/// <summary>From where a partition stands, to where it is to stand.</summary>
/// <param name="InFlightTo">The offset before which records are being processed: the partition is not given up meanwhile, until a session
/// after the member's last step in any partition. -1 where none are; so whoever stops processing has to say so.</param>
public sealed record ShareStep(TopicPartition At, string TopicId, OffsetMark From, OffsetMark To, long InFlightTo = -1);

public enum StepOutcome
{
    Done,

    /// <summary>It stands elsewhere, or is another's.</summary>
    Moved,

    /// <summary>An offset of a transaction waits there.</summary>
    Pending,
}
