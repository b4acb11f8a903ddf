using Serverless.Core;
using Serverless.Core.Groups;

namespace Serverless.Edge.Fakes;

/// <summary>Groups that answer what a test says and keep what they were asked.</summary>
internal sealed class ScriptedGroups : IConsumerGroups
{
    private int _describing;

    /// <summary>Each call with its arguments, in order.</summary>
    public List<(string Operation, object?[] Arguments)> Calls { get; } = [];

    /// <summary>What every operation answers, unless it is None.</summary>
    public ErrorCode Error { get; set; }

    public ConsumerSettings? Settings { get; set; } = new();

    public PollAnswer Poll { get; set; } = new(ErrorCode.None, [], false);

    public IReadOnlyList<GroupOffset> Offsets { get; set; } = [];

    public IReadOnlyList<TopicPartition> Assigned { get; set; } = [];

    public IReadOnlyList<PartitionLag> Lags { get; set; } = [];

    public IReadOnlyList<string> Topics { get; set; } = [];

    public GroupDescription? Description { get; set; }

    /// <summary>Groups to be listed and described beside <see cref="Description"/>, in order; a null has gone since.</summary>
    public IReadOnlyList<(string Name, GroupDescription? Description)> Listed { get; set; } = [];

    /// <summary>Groups that were described at once, at most.</summary>
    public int DescribedAtOnce { get; private set; }

    public ValueTask<GroupAnswer> CreateInstanceAsync(
        string group, string instance, ConsumerSettings settings, bool replace, string? requestId, CancellationToken cancellationToken) =>
        Answer("create", group, instance, settings, replace, requestId);

    public ValueTask<ConsumerSettings?> FindInstanceAsync(
        string group, string instance, bool fresh, CancellationToken cancellationToken) =>
        ValueTask.FromResult(Settings);

    public ValueTask<GroupAnswer> DeleteInstanceAsync(string group, string instance, CancellationToken cancellationToken) =>
        Answer("delete", group, instance);

    public ValueTask<GroupAnswer> SubscribeAsync(
        string group, string instance, Subscription subscription, CancellationToken cancellationToken) =>
        Answer("subscribe", group, instance, subscription);

    public ValueTask<GroupAnswer<IReadOnlyList<string>>> SubscriptionAsync(
        string group, string instance, CancellationToken cancellationToken) => Value("subscription", Topics, group, instance);

    public ValueTask<GroupAnswer> UnsubscribeAsync(string group, string instance, CancellationToken cancellationToken) =>
        Answer("unsubscribe", group, instance);

    public ValueTask<GroupAnswer> AssignAsync(
        string group, string instance, IReadOnlyList<TopicPartition> partitions, CancellationToken cancellationToken) =>
        Answer("assign", group, instance, partitions);

    public ValueTask<GroupAnswer<IReadOnlyList<TopicPartition>>> AssignmentAsync(
        string group, string instance, CancellationToken cancellationToken) => Value("assignment", Assigned, group, instance);

    public ValueTask<GroupAnswer> SeekAsync(
        string group, string instance, IReadOnlyList<SeekTarget> targets, CancellationToken cancellationToken) =>
        Answer("seek", group, instance, targets);

    public ValueTask<GroupAnswer<IReadOnlyList<GroupOffset>>> PositionsAsync(
        string group, string instance, CancellationToken cancellationToken) => Value("positions", Offsets, group, instance);

    public ValueTask<GroupAnswer<IReadOnlyList<GroupOffset>>> CommitAsync(
        string group, string instance, IReadOnlyList<GroupOffset>? offsets, CancellationToken cancellationToken) =>
        Value("commit", offsets ?? Offsets, group, instance, offsets);

    public ValueTask<GroupAnswer<IReadOnlyList<GroupOffset>>> CommittedAsync(
        string group, string instance, IReadOnlyList<TopicPartition>? partitions, CancellationToken cancellationToken) =>
        Value("committed", Offsets, group, instance, partitions);

    public ValueTask<PollAnswer> PollAsync(
        string group, string instance, PollRequest request, CancellationToken cancellationToken)
    {
        Calls.Add(("poll", [group, instance, request]));
        return ValueTask.FromResult(Poll);
    }

    public ValueTask<GroupAnswer<HeartbeatAnswer>> HeartbeatAsync(
        string group, string instance, CancellationToken cancellationToken) =>
        Value("heartbeat", new HeartbeatAnswer(7, Assigned, DateTimeOffset.UnixEpoch), group, instance);

    public ValueTask<GroupAnswer<IReadOnlyList<PartitionLag>>> InstanceLagAsync(
        string group, string instance, CancellationToken cancellationToken) => Value("lag", Lags, group, instance);

    public ValueTask<GroupPage> ListGroupsAsync(string? after, int groupsMax, CancellationToken cancellationToken)
    {
        Calls.Add(("list groups", [after, groupsMax]));
        List<string> all = Description is null ? [.. Listed.Select(group => group.Name)] : [Description.Group, "gone"];
        var behind = all.Skip(after is null ? 0 : all.IndexOf(after) + 1).ToList();
        return ValueTask.FromResult(new GroupPage([.. behind.Take(groupsMax)], behind.Count > groupsMax));
    }

    public async ValueTask<GroupDescription?> DescribeAsync(string group, CancellationToken cancellationToken)
    {
        DescribedAtOnce = Math.Max(DescribedAtOnce, Interlocked.Increment(ref _describing));
        await Task.Yield();
        Interlocked.Decrement(ref _describing);
        return group == Description?.Group ? Description : Listed.FirstOrDefault(listed => listed.Name == group).Description;
    }

    public ValueTask<IReadOnlyList<PartitionLag>> LagsAsync(string group, CancellationToken cancellationToken) =>
        ValueTask.FromResult(Lags);

    public ValueTask<GroupAnswer<IReadOnlyList<GroupOffset>>> ResetAsync(
        string group, IReadOnlyList<SeekTarget> targets, CancellationToken cancellationToken) =>
        Value("reset", Offsets, group, targets);

    public ValueTask<IReadOnlyList<GroupOffset>> GroupOffsetsAsync(
        string group, IReadOnlyList<TopicPartition>? partitions, CancellationToken cancellationToken)
    {
        Calls.Add(("group offsets", [group, partitions]));
        return ValueTask.FromResult(Offsets);
    }

    public ValueTask<GroupAnswer> DeleteGroupAsync(string group, CancellationToken cancellationToken) => Answer("delete group", group);

    public ValueTask<bool> SweepAsync(CancellationToken cancellationToken) => ValueTask.FromResult(false);

    private ValueTask<GroupAnswer> Answer(string operation, params object?[] arguments)
    {
        Calls.Add((operation, arguments));
        return ValueTask.FromResult(new GroupAnswer(Error));
    }

    private ValueTask<GroupAnswer<T>> Value<T>(string operation, T value, params object?[] arguments)
    {
        Calls.Add((operation, arguments));
        return ValueTask.FromResult(Error == ErrorCode.None ? new GroupAnswer<T>(value) : new GroupAnswer<T>(Error, default));
    }
}
