using Serverless.Core;
using Serverless.Core.Groups;
using Serverless.Simulation.Audit;
using Serverless.Simulation.Engine;
using Serverless.Simulation.World;

namespace Serverless.Simulation.Workload;

/// <summary>Looks at groups from outside, and resets offsets where no member owns them.</summary>
internal sealed class Operator(Cluster cluster, Client client, IReadOnlyList<GroupShape> groups, TopicNames topics)
{
    private readonly Random _random = client.Random;

    public async Task RunAsync()
    {
        while (!topics.Healed)
        {
            await client.PauseAsync(_random.Between(TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(30)));
            var group = _random.Pick(groups).Name;
            if (!topics.Changes && await topics.FindAsync(client) is { } topic)
            {
                var at = new TopicPartition(topic.Name, _random.Next(topic.Partitions));
                var offsets = cluster.Audit.Group(group).Claims.Offsets(topic.Id, at.Partition);
                await (_random.Chance(0.5) ? ResetAsync(group, at, offsets) : ReadAsync(group, at, offsets));
            }
        }
    }

    /// <summary>One reset to the beginning, checked; whether it is known to be made.</summary>
    public async Task<bool> ResetAsync(string group, TopicPartition at, GroupOffsets offsets)
    {
        var claims = cluster.Audit.Group(group).Claims;
        var tag = $"{client.Name}#{_random.Next()}";
        claims.Commits(tag, instance: null);
        var reply = await client.CallAsync(
            client.AnyInstance(), $"reset {at} of {group}",
            (instance, cancellationToken) => instance.Groups.ResetAsync(
                group, [new SeekTarget(at, SeekKind.Beginning, Metadata: tag)], cancellationToken));
        if (reply.Outcome != Outcome.Ok)
        {
            return false;
        }

        claims.Answered(tag);
        if (reply.Value.Error != ErrorCode.None)
        {
            claims.Refused(tag);
        }

        Guarantee.Holds(
            reply.Value.Error != ErrorCode.None || offsets.Shows(tag), "L12", $"{group}: the reset {tag} was answered and is not stored.");
        Guarantee.Holds(
            reply.Value.Error is ErrorCode.None or ErrorCode.NonEmptyGroup or ErrorCode.UnknownTopicOrPartition, "A1",
            $"{group}: a reset said {reply.Value.Error} {reply.Value.Message}");
        return reply.Value.Error == ErrorCode.None;
    }

    private async Task ReadAsync(string group, TopicPartition at, GroupOffsets offsets)
    {
        var version = offsets.Version;
        var reply = await client.CallAsync(
            client.AnyInstance(), $"read commit of {at} of {group}",
            (instance, cancellationToken) => instance.Groups.GroupOffsetsAsync(group, [at], cancellationToken));
        if (reply is { Outcome: Outcome.Ok, Value: { } read })
        {
            offsets.Read(group, read.Count == 0 ? -1 : read[0].Offset, version);
        }
    }
}
