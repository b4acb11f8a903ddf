using Serverless.Core.Log;

namespace Serverless.Core.Groups;

/// <content>Positions, seeks, and how far behind an instance is.</content>
public sealed partial class ConsumerGroups
{
    public async ValueTask<GroupAnswer> SeekAsync(
        string group, string instance, IReadOnlyList<SeekTarget> targets, CancellationToken cancellationToken)
    {
        if (Malformed(targets) is { } message)
        {
            return new(ErrorCode.PolicyViolation, message);
        }

        using var one = await EnterAsync(group, instance, cancellationToken);
        var offsets = new Dictionary<SeekTarget, long>();
        return await DecideAsync(group, instance, joins: true, SoughtAsync, cancellationToken);

        async ValueTask<Decision<bool>> SoughtAsync(Ready<GroupAnswer<bool>> ready)
        {
            if (targets.FirstOrDefault(target => !SeekProtocol.Has(ready.Draft, ready.Consumer, target.At))
                is { At.Topic: not null } foreign)
            {
                return Refused<bool>(
                    ErrorCode.InvalidRequest, $"Partition {foreign.At} is not assigned to this consumer instance.");
            }

            var topics = await _topics.WithAsync(ready.Topics, targets.Select(target => target.At), cancellationToken);
            foreach (var target in targets)
            {
                var topic = topics.Find(target.At.Topic);
                var exists = topic is not null && target.At.Partition < topic.Partitions;
                if (!exists && target.Kind != SeekKind.Offset)
                {
                    return Refused<bool>(ErrorCode.UnknownTopicOrPartition, $"There is no partition {target.At}.");
                }

                if (!offsets.TryGetValue(target, out var offset))
                {
                    // Once only: the end, say, is that of when the request was served.
                    offset = target.Kind == SeekKind.Offset
                        ? target.Value
                        : await new OffsetResolver(_logs, ready.Consumer.Settings.IsolationLevel).ResolveAsync(
                            target, new(topic!, target.At.Partition, 0), cancellationToken);
                    offsets.Add(target, offset);
                }

                SeekProtocol.Seek(
                    ready.Draft, ready.Draft.Consumers[instance], target.At, exists ? topic!.Id : "", offset);
            }

            return new GroupAnswer<bool>(true);
        }
    }

    public async ValueTask<GroupAnswer<IReadOnlyList<GroupOffset>>> PositionsAsync(
        string group, string instance, CancellationToken cancellationToken)
    {
        using var one = await EnterAsync(group, instance, cancellationToken);
        return await DecideAsync<IReadOnlyList<GroupOffset>>(
            group, instance, joins: true,
            ready => new(new GroupAnswer<IReadOnlyList<GroupOffset>>([
                .. PollProtocol.Readings(ready.Draft, ready.Consumer, ready.Topics).OrderBy(reading => reading.At)
                    .Where(reading => reading.Position >= 0)
                    .Select(reading => new GroupOffset(reading.At, reading.Position)),
            ])),
            cancellationToken, fresh: true);
    }

    public async ValueTask<GroupAnswer<IReadOnlyList<PartitionLag>>> InstanceLagAsync(
        string group, string instance, CancellationToken cancellationToken)
    {
        using var one = await EnterAsync(group, instance, cancellationToken);
        return await DecideAsync<IReadOnlyList<PartitionLag>>(
            group, instance, joins: true, LagAsync, cancellationToken, fresh: true);

        async ValueTask<Decision<IReadOnlyList<PartitionLag>>> LagAsync(
            Ready<GroupAnswer<IReadOnlyList<PartitionLag>>> ready)
        {
            var readings = PollProtocol.Readings(ready.Draft, ready.Consumer, ready.Topics)
                .OrderBy(reading => reading.At).ToList();
            var offsets = await _marks.OffsetsAsync(
                [.. readings.Select(reading => new PartitionPosition(reading.Topic, reading.At.Partition, 0))],
                cancellationToken);
            return new GroupAnswer<IReadOnlyList<PartitionLag>>([
                .. readings.Zip(offsets, (reading, marks) => new PartitionLag(
                    reading.At, PollProtocol.Committed(ready.Draft, reading.At, reading.Topic.Id), reading.Position,
                    marks.LogEndOffset, instance)),
            ]);
        }
    }

    private static string? Malformed(IReadOnlyList<SeekTarget> targets) =>
        targets.Count > Commits.PartitionsMax ? $"One request takes at most {Commits.PartitionsMax} partitions."
        : targets.Any(target => target.At.Partition < 0 || (target.Kind == SeekKind.Offset && target.Value < 0))
            ? "A partition or an offset is negative."
        : null;
}
