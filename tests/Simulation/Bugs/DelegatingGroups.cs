using Serverless.Core;
using Serverless.Core.Groups;

namespace Serverless.Simulation.Bugs;

/// <summary>Passes every request on: what differs from the real groups is all that a class below it has.</summary>
internal abstract class DelegatingGroups(IConsumerGroups groups) : IConsumerGroups
{
    public virtual ValueTask<GroupAnswer> CreateInstanceAsync(
        string group, string instance, ConsumerSettings settings, bool replace, string? requestId, CancellationToken cancellationToken) =>
        groups.CreateInstanceAsync(group, instance, settings, replace, requestId, cancellationToken);

    public virtual ValueTask<ConsumerSettings?> FindInstanceAsync(
        string group, string instance, bool fresh, CancellationToken cancellationToken) =>
        groups.FindInstanceAsync(group, instance, fresh, cancellationToken);

    public virtual ValueTask<GroupAnswer> DeleteInstanceAsync(
        string group, string instance, CancellationToken cancellationToken) =>
        groups.DeleteInstanceAsync(group, instance, cancellationToken);

    public virtual ValueTask<GroupAnswer> SubscribeAsync(
        string group, string instance, Subscription subscription, CancellationToken cancellationToken) =>
        groups.SubscribeAsync(group, instance, subscription, cancellationToken);

    public virtual ValueTask<GroupAnswer<IReadOnlyList<string>>> SubscriptionAsync(
        string group, string instance, CancellationToken cancellationToken) =>
        groups.SubscriptionAsync(group, instance, cancellationToken);

    public virtual ValueTask<GroupAnswer> UnsubscribeAsync(
        string group, string instance, CancellationToken cancellationToken) =>
        groups.UnsubscribeAsync(group, instance, cancellationToken);

    public virtual ValueTask<GroupAnswer> AssignAsync(
        string group, string instance, IReadOnlyList<TopicPartition> partitions, CancellationToken cancellationToken) =>
        groups.AssignAsync(group, instance, partitions, cancellationToken);

    public virtual ValueTask<GroupAnswer<IReadOnlyList<TopicPartition>>> AssignmentAsync(
        string group, string instance, CancellationToken cancellationToken) =>
        groups.AssignmentAsync(group, instance, cancellationToken);

    public virtual ValueTask<GroupAnswer> SeekAsync(
        string group, string instance, IReadOnlyList<SeekTarget> targets, CancellationToken cancellationToken) =>
        groups.SeekAsync(group, instance, targets, cancellationToken);

    public virtual ValueTask<GroupAnswer<IReadOnlyList<GroupOffset>>> PositionsAsync(
        string group, string instance, CancellationToken cancellationToken) =>
        groups.PositionsAsync(group, instance, cancellationToken);

    public virtual ValueTask<GroupAnswer<IReadOnlyList<GroupOffset>>> CommitAsync(
        string group, string instance, IReadOnlyList<GroupOffset>? offsets, CancellationToken cancellationToken) =>
        groups.CommitAsync(group, instance, offsets, cancellationToken);

    public virtual ValueTask<GroupAnswer<IReadOnlyList<GroupOffset>>> CommittedAsync(
        string group, string instance, IReadOnlyList<TopicPartition>? partitions, CancellationToken cancellationToken) =>
        groups.CommittedAsync(group, instance, partitions, cancellationToken);

    public virtual ValueTask<PollAnswer> PollAsync(
        string group, string instance, PollRequest request, CancellationToken cancellationToken) =>
        groups.PollAsync(group, instance, request, cancellationToken);

    public virtual ValueTask<GroupAnswer<HeartbeatAnswer>> HeartbeatAsync(
        string group, string instance, CancellationToken cancellationToken) =>
        groups.HeartbeatAsync(group, instance, cancellationToken);

    public virtual ValueTask<GroupAnswer<IReadOnlyList<PartitionLag>>> InstanceLagAsync(
        string group, string instance, CancellationToken cancellationToken) =>
        groups.InstanceLagAsync(group, instance, cancellationToken);

    public virtual ValueTask<GroupPage> ListGroupsAsync(string? after, int groupsMax, CancellationToken cancellationToken) =>
        groups.ListGroupsAsync(after, groupsMax, cancellationToken);

    public virtual ValueTask<GroupDescription?> DescribeAsync(string group, CancellationToken cancellationToken) =>
        groups.DescribeAsync(group, cancellationToken);

    public virtual ValueTask<IReadOnlyList<PartitionLag>> LagsAsync(string group, CancellationToken cancellationToken) =>
        groups.LagsAsync(group, cancellationToken);

    public virtual ValueTask<GroupAnswer<IReadOnlyList<GroupOffset>>> ResetAsync(
        string group, IReadOnlyList<SeekTarget> targets, CancellationToken cancellationToken) =>
        groups.ResetAsync(group, targets, cancellationToken);

    public virtual ValueTask<IReadOnlyList<GroupOffset>> GroupOffsetsAsync(
        string group, IReadOnlyList<TopicPartition>? partitions, CancellationToken cancellationToken) =>
        groups.GroupOffsetsAsync(group, partitions, cancellationToken);

    public virtual ValueTask<GroupAnswer> DeleteGroupAsync(string group, CancellationToken cancellationToken) =>
        groups.DeleteGroupAsync(group, cancellationToken);

    public virtual ValueTask<bool> SweepAsync(CancellationToken cancellationToken) =>
        groups.SweepAsync(cancellationToken);
}
