using Serverless.Core;
using Serverless.Core.Groups;

namespace Serverless.Edge.Fakes;

/// <summary>Groups that answer what a test says and keep what they were asked.</summary>
internal sealed class ScriptedGroups : IConsumerGroups
{
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

    public ValueTask<GroupAnswer> CreateInstanceAsync(
        string group, string instance, ConsumerSettings settings, bool replace, CancellationToken cancellationToken) =>
        Answer("create", group, instance, settings, replace);

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

    public ValueTask<IReadOnlyList<string>> ListGroupsAsync(CancellationToken cancellationToken) =>
        ValueTask.FromResult<IReadOnlyList<string>>(Description is null ? [] : [Description.Group, "gone"]);

    public ValueTask<GroupDescription?> DescribeAsync(string group, CancellationToken cancellationToken) =>
        ValueTask.FromResult(group == Description?.Group ? Description : null);

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
