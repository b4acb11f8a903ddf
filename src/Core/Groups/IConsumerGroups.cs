using Serverless.Core.Records;

namespace Serverless.Core.Groups;

/// <summary>Consumer groups, as the HTTP edge and the timers need them. Any process serves any instance.</summary>
/// <remarks>
/// Errors, beside None: <c>UnknownMemberId</c> when the instance does not exist or has expired (also on an unknown group);
/// <c>InvalidRequest</c> when the instance's state does not allow the request (subscription and assignment mixed, poll without
/// either, seek of a partition it does not have); <c>StaleMemberEpoch</c> when another live member owns the partition, or has had it since the instance lost it;
/// <c>UnstableOffsetCommit</c> when an offset of a transaction that is not decided yet waits there: to be tried again;
/// <c>UnknownTopicOrPartition</c>; <c>PolicyViolation</c> when the request could never be, whatever the state: it is beyond a limit
/// or makes no sense. Nothing has changed after an error. Storage failures throw
/// <see cref="Storage.StorageException"/>; a retriable one may have taken effect.
/// </remarks>
public interface IConsumerGroups
{
    /// <summary>Error: <c>UnreleasedInstanceId</c> when the name is in use and <paramref name="replace"/> is false;
    /// <c>InconsistentGroupProtocol</c> when live members use another assignor.</summary>
    /// <param name="requestId">What all attempts at the request have: an instance that one of them made is its answer.</param>
    ValueTask<GroupAnswer> CreateInstanceAsync(
        string group, string instance, ConsumerSettings settings, bool replace, string? requestId, CancellationToken cancellationToken);

    /// <summary>The settings of a live instance, or null. Does not renew it.</summary>
    /// <param name="fresh">Read now; otherwise they may be those of a former instance of the name.</param>
    ValueTask<ConsumerSettings?> FindInstanceAsync(
        string group, string instance, bool fresh, CancellationToken cancellationToken);

    /// <summary>Leaves the group at once; with auto-commit what was delivered is committed first.</summary>
    ValueTask<GroupAnswer> DeleteInstanceAsync(string group, string instance, CancellationToken cancellationToken);

    /// <summary>Replaces the subscription and joins the group within this call.</summary>
    ValueTask<GroupAnswer> SubscribeAsync(
        string group, string instance, Subscription subscription, CancellationToken cancellationToken);

    /// <summary>The subscribed topics; for a pattern those that match it now.</summary>
    ValueTask<GroupAnswer<IReadOnlyList<string>>> SubscriptionAsync(
        string group, string instance, CancellationToken cancellationToken);

    /// <summary>Ends subscription and manual assignment; fine when there is neither.</summary>
    ValueTask<GroupAnswer> UnsubscribeAsync(string group, string instance, CancellationToken cancellationToken);

    /// <summary>Replaces the manual assignment, without joining the group.</summary>
    ValueTask<GroupAnswer> AssignAsync(
        string group, string instance, IReadOnlyList<TopicPartition> partitions, CancellationToken cancellationToken);

    /// <summary>The manual assignment, or what the group gave the instance.</summary>
    ValueTask<GroupAnswer<IReadOnlyList<TopicPartition>>> AssignmentAsync(
        string group, string instance, CancellationToken cancellationToken);

    /// <summary>Moves positions, all or none; commits nothing.</summary>
    ValueTask<GroupAnswer> SeekAsync(
        string group, string instance, IReadOnlyList<SeekTarget> targets, CancellationToken cancellationToken);

    /// <summary>The next offsets to be read, of the partitions that the instance has.</summary>
    ValueTask<GroupAnswer<IReadOnlyList<GroupOffset>>> PositionsAsync(
        string group, string instance, CancellationToken cancellationToken);

    /// <summary>
    /// Commits next offsets, all or none; null commits all that earlier polls delivered. Gives what was stored. An
    /// <c>InvalidRequest</c> of an instance with <see cref="DeliveryMode.ExactlyOnce"/>, which commits by transactions only.
    /// </summary>
    ValueTask<GroupAnswer<IReadOnlyList<GroupOffset>>> CommitAsync(
        string group, string instance, IReadOnlyList<GroupOffset>? offsets, CancellationToken cancellationToken);

    /// <summary>Committed offsets, none that wait for a transaction; those without a commit are left out. Null asks for all that the instance has now.</summary>
    ValueTask<GroupAnswer<IReadOnlyList<GroupOffset>>> CommittedAsync(
        string group, string instance, IReadOnlyList<TopicPartition>? partitions, CancellationToken cancellationToken);

    /// <summary>Delivers the next records. Renews the instance, releases and claims partitions, commits by its settings.</summary>
    ValueTask<PollAnswer> PollAsync(
        string group, string instance, PollRequest request, CancellationToken cancellationToken);

    ValueTask<GroupAnswer<HeartbeatAnswer>> HeartbeatAsync(
        string group, string instance, CancellationToken cancellationToken);

    /// <summary>Position, commit and end of the partitions that the instance has.</summary>
    ValueTask<GroupAnswer<IReadOnlyList<PartitionLag>>> InstanceLagAsync(
        string group, string instance, CancellationToken cancellationToken);

    /// <summary>Names of groups in an order of their own, which stays; those behind <paramref name="after"/>, which need not exist.</summary>
    ValueTask<GroupPage> ListGroupsAsync(string? after, int groupsMax, CancellationToken cancellationToken);

    /// <summary>The group, or null when nothing is known of it.</summary>
    ValueTask<GroupDescription?> DescribeAsync(string group, CancellationToken cancellationToken);

    /// <summary>Committed offsets of the whole group, with ends and owners.</summary>
    ValueTask<IReadOnlyList<PartitionLag>> LagsAsync(string group, CancellationToken cancellationToken);

    /// <summary>Resets committed offsets. Error: <c>NonEmptyGroup</c> when a live member owns one of the partitions.</summary>
    ValueTask<GroupAnswer<IReadOnlyList<GroupOffset>>> ResetAsync(
        string group, IReadOnlyList<SeekTarget> targets, CancellationToken cancellationToken);

    /// <summary>Committed offsets by group alone. Null asks for all.</summary>
    ValueTask<IReadOnlyList<GroupOffset>> GroupOffsetsAsync(
        string group, IReadOnlyList<TopicPartition>? partitions, CancellationToken cancellationToken);

    /// <summary>Errors: <c>GroupIdNotFound</c>, <c>NonEmptyGroup</c> when it has live instances.</summary>
    ValueTask<GroupAnswer> DeleteGroupAsync(string group, CancellationToken cancellationToken);

    /// <summary>Expires members and instances whose time is over, in one bounded page; true when there is more.</summary>
    ValueTask<bool> SweepAsync(CancellationToken cancellationToken);
}

/// <summary>The plain forms.</summary>
public static class PlainGroups
{
    /// <summary>Creates an instance by a request that does not come again.</summary>
    public static ValueTask<GroupAnswer> CreateInstanceAsync(
        this IConsumerGroups groups, string group, string instance, ConsumerSettings settings, bool replace,
        CancellationToken cancellationToken) =>
        groups.CreateInstanceAsync(group, instance, settings, replace, requestId: null, cancellationToken);
}

/// <summary>An answer without a value. <c>Message</c> says for people what is wrong.</summary>
public readonly record struct GroupAnswer(ErrorCode Error, string? Message = null)
{
    public static GroupAnswer Done => new(ErrorCode.None);
}

/// <summary>An answer with a value, which is there when <c>Error</c> is None.</summary>
public readonly record struct GroupAnswer<T>(ErrorCode Error, T? Value, string? Message = null)
{
    public GroupAnswer(T value)
        : this(ErrorCode.None, value)
    {
    }
}

/// <summary>A list of topics, or a pattern that must match a topic's whole name; one of them is null.</summary>
public sealed record Subscription(IReadOnlyList<string>? Topics, string? Pattern);

/// <summary>A next offset: committed, or where to go on. Metadata is the committer's own text.</summary>
public readonly record struct GroupOffset(TopicPartition At, long Offset, string Metadata = "")
{
    /// <summary>Where the group must stand for the offset to be added to a transaction; null does not matter.</summary>
    public OffsetMark? From { get; init; }

    /// <summary>The topic that <c>From</c> is of: one that was made anew may stand at the same. Null is the present one.</summary>
    public string? FromTopicId { get; init; }
}

public enum SeekKind
{
    Offset,
    Beginning,
    End,

    /// <summary>The first record at or after a time in milliseconds; the end when there is none.</summary>
    Timestamp,
}

/// <summary>Where to move one partition. <c>Value</c> is an offset or milliseconds, by kind.</summary>
public readonly record struct SeekTarget(TopicPartition At, SeekKind Kind, long Value = 0, string Metadata = "")
{
    /// <summary>Only where the group has committed nothing yet; for resets.</summary>
    public bool IsFirst { get; init; }
}

/// <summary>Whether a record can be shown in a format, decided on its stored bytes; a null key or value is always fine.</summary>
public delegate bool RecordFilter(scoped in Record record);

/// <summary>One poll. Null takes the instance's setting or the server's limit.</summary>
public sealed record PollRequest
{
    public TimeSpan? Wait { get; init; }

    /// <summary>Says that the time of the wait is over, however much of it is left: the poll answers with what there is.</summary>
    public CancellationToken WaitIsOver { get; init; }

    public int? MinBytes { get; init; }

    /// <summary>Key and value bytes; the first record comes whatever its size.</summary>
    public long? MaxBytes { get; init; }

    public int? MaxRecords { get; init; }

    /// <summary>The format that <see cref="Showable"/> goes by; the poll of an instance of another format is an
    /// <c>UnsupportedForMessageFormat</c> error: it may be meant for a former one of its name. Null where any will do.</summary>
    public RecordFormat? Format { get; init; }

    /// <summary>
    /// Whether the consumer may read a topic; null where it may read all. One that it names and may not read is a
    /// <c>TopicAuthorizationFailed</c> error; one that its pattern means is left out, and stays where it is.
    /// </summary>
    public Predicate<string>? Readable { get; init; }

    /// <summary>A record that it refuses ends the poll before it; when it is the first, the poll is an InvalidRecord error at its place.</summary>
    public required RecordFilter Showable { get; init; }
}

/// <summary>What a poll delivers. <c>At</c> and <c>AtOffset</c> tell the place of an InvalidRecord or OffsetOutOfRange error.</summary>
public sealed record PollAnswer(
    ErrorCode Error, IReadOnlyList<PolledSlice> Slices, bool More, string? Message = null, TopicPartition? At = null,
    long AtOffset = -1);

/// <summary>Records of one partition: those of <c>Batches</c> with <c>FromOffset</c> ≤ offset &lt; <c>ToOffset</c>.</summary>
public readonly record struct PolledSlice(
    TopicPartition At, ReadOnlyMemory<byte> Batches, long FromOffset, long ToOffset)
{
    /// <summary>How many records there are, by the headers of their batches alone.</summary>
    public int CountRecords()
    {
        var count = 0L;
        var reader = new RecordBatchReader(Batches.Span);
        while (reader.TryRead(out var header, out _))
        {
            count += header.IsControl ? 0 : Math.Max(0, Math.Min(header.NextOffset, ToOffset) - Math.Max(header.BaseOffset, FromOffset));
        }

        return (int)count;
    }
}

public sealed record HeartbeatAnswer(int Generation, IReadOnlyList<TopicPartition> Partitions, DateTimeOffset ExpiresAt);

/// <summary>Lag of one partition; -1 where there is no commit or no position. Owner "" where there is none.</summary>
public readonly record struct PartitionLag(
    TopicPartition At, long Committed, long Position, long EndOffset, string Owner)
{
    /// <summary>Records between the commit (or, without one, the position) and the end.</summary>
    public long Lag => Math.Max(0, EndOffset - (Committed >= 0 ? Committed : Math.Max(0, Position)));
}

/// <summary>A page of the list of groups; <c>More</c> when there are others behind the last one.</summary>
public sealed record GroupPage(IReadOnlyList<string> Groups, bool More);

/// <summary>A group as tools show it. State: STABLE, PREPARING_REBALANCE, EMPTY or DEAD.</summary>
public sealed record GroupDescription(
    string Group, string State, int Generation, string Assignor, bool IsSimple, IReadOnlyList<MemberDescription> Members);

/// <param name="IsOverdue">Its session has timed out, and nobody has ended its membership yet.</param>
public sealed record MemberDescription(
    string Instance, string? GroupInstanceId, IReadOnlyList<TopicPartition> Partitions, bool IsOverdue = false);
