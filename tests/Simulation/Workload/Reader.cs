using Serverless.Core;
using Serverless.Core.Log;
using Serverless.Core.Topics;
using Serverless.Simulation.Audit;
using Serverless.Simulation.Engine;
using Serverless.Simulation.World;

namespace Serverless.Simulation.Workload;

/// <summary>Walks partitions, waits at their ends, asks for marks and times, and tries offsets that do not exist.</summary>
internal sealed class Reader(Cluster cluster, Client client, SeedShape shape, TopicNames topics)
{
    private readonly Random _random = client.Random;
    private readonly Dictionary<(string, int), long> _next = [];

    public async Task RunAsync()
    {
        while (!topics.Healed)
        {
            await client.PauseAsync(_random.Between(TimeSpan.Zero, shape.ThinkMax));
            if (await topics.FindAsync(client) is { } topic)
            {
                var partition = _random.Next(topic.Partitions);
                await (_random.Next(8) switch
                {
                    0 => MarksAsync(topic, partition, client.AnyInstance()),
                    1 => ByTimeAsync(topic, partition),
                    2 => ProbeAsync(topic, partition),
                    _ => WalkAsync(topic, partition),
                });
            }
        }
    }

    /// <summary>One fetch, checked; the offset to go on from, or null where no answer came.</summary>
    public async Task<long?> FetchAsync(Topic topic, int partition, long offset, int bytesMax, Instance? instance)
    {
        var log = cluster.Audit.Of(topic.Id, partition);
        var endSeen = log.EndSeen;
        var reply = await client.CallAsync(
            instance,
            $"fetch {log.Name} @{offset}",
            (at, cancellationToken) => at.Logs.FetchAsync(topic, partition, offset, bytesMax, cancellationToken));
        if (reply.Outcome != Outcome.Ok)
        {
            return null;
        }

        switch (reply.Value.Error)
        {
            case ErrorCode.None:
                FetchCheck.Whole(log, offset, endSeen, reply.Value);
                log.SawEnd(reply.Value.NextOffset);
                return reply.Value.NextOffset;

            case ErrorCode.OffsetOutOfRange:
                FetchCheck.OutOfRange(log, offset, endSeen);
                return reply.Value.Offsets.LogStartOffset;

            default:
                Guarantee.Holds(
                    reply.Value.Error == ErrorCode.UnknownTopicOrPartition && log.IsClosing, "A1",
                    $"{log.Name}: a fetch said {reply.Value.Error}.");
                return null;
        }
    }

    /// <summary>The marks, checked: never behind what anybody was told before the call.</summary>
    public async Task<OffsetSnapshot?> MarksAsync(Topic topic, int partition, Instance? instance)
    {
        var log = cluster.Audit.Of(topic.Id, partition);
        var (startSeen, endSeen) = (log.StartSeen, log.EndSeen);
        var reply = await client.CallAsync(
            instance, $"offsets {log.Name}", (at, cancellationToken) => at.Logs.OffsetsAsync(topic, partition, cancellationToken));
        if (reply.Outcome != Outcome.Ok || log.IsClosing)
        {
            return null;
        }

        FetchCheck.Marks(log, reply.Value);
        Guarantee.Holds(
            reply.Value.LogEndOffset >= endSeen, "L9", $"{log.Name}: the end fell from {endSeen} to {reply.Value.LogEndOffset}.");
        Guarantee.Holds(
            reply.Value.LogStartOffset >= startSeen, "L9",
            $"{log.Name}: the start fell from {startSeen} to {reply.Value.LogStartOffset}.");
        log.SawEnd(reply.Value.LogEndOffset);
        log.SawStart(reply.Value.LogStartOffset);
        return reply.Value;
    }

    /// <summary>Without faults: the whole log, record for record, as storage's effects made it.</summary>
    public async Task ReadAllAsync(Topic topic, int partition, Instance? instance)
    {
        var log = cluster.Audit.Of(topic.Id, partition);
        var marks = await MarksAsync(topic, partition, instance);
        Guarantee.Holds(
            marks is { } known && known.LogStartOffset == log.Start && known.LogEndOffset == log.End, "L8",
            $"{log.Name}: {marks} where the log runs from {log.Start} to {log.End}.");
        for (var offset = log.Start; offset < log.End;)
        {
            var next = await FetchAsync(topic, partition, offset, 3_000, instance);
            Guarantee.Holds(next > offset, "L1", $"{log.Name}: {offset} cannot be read, and the log ends at {log.End}.");
            offset = next!.Value;
        }
    }

    private async Task WalkAsync(Topic topic, int partition)
    {
        var offset = _next.GetValueOrDefault((topic.Id, partition));
        for (var fetches = _random.Next(1, 6); fetches > 0; fetches--)
        {
            var next = await FetchAsync(topic, partition, offset, _random.Next(1, 4_000), client.AnyInstance());
            _next[(topic.Id, partition)] = next ?? offset;
            if (next is null)
            {
                return;
            }

            if (next == offset)
            {
                await WaitAsync(topic, partition, offset);
                return;
            }

            offset = next.Value;
        }
    }

    private async Task WaitAsync(Topic topic, int partition, long offset)
    {
        var log = cluster.Audit.Of(topic.Id, partition);
        var endSeen = log.EndSeen;
        var wait = _random.Between(TimeSpan.Zero, TimeSpan.FromSeconds(30));
        var reply = await client.CallAsync(
            client.AnyInstance(),
            $"wait {log.Name} @{offset}",
            (at, cancellationToken) => at.Logs.WaitAsync([new PartitionPosition(topic, partition, offset)], wait, cancellationToken));

        // Without time to wait no look at storage is promised.
        Guarantee.Holds(
            reply is not { Outcome: Outcome.Ok, Value: false } || endSeen <= offset || wait < TimeSpan.FromSeconds(1)
            || log.IsClosing, "L8", $"{log.Name}: waited in vain at {offset}, though {endSeen} had been seen as the end.");
    }

    private async Task ByTimeAsync(Topic topic, int partition)
    {
        var log = cluster.Audit.Of(topic.Id, partition);
        var (startBefore, endBefore) = (log.StartSeen, log.EndSeen);
        var time = cluster.NowMs - _random.Next(200_000);
        var reply = await client.CallAsync(
            client.AnyInstance(),
            $"offset of {time} in {log.Name}",
            (at, cancellationToken) => at.Logs.OffsetForTimestampAsync(topic, partition, time, cancellationToken));
        if (reply.Outcome == Outcome.Ok && !log.IsClosing)
        {
            FetchCheck.ByTime(log, time, startBefore, endBefore, reply.Value);
        }
    }

    private Task<long?> ProbeAsync(Topic topic, int partition)
    {
        var log = cluster.Audit.Of(topic.Id, partition);
        var offset = _random.Chance(0.5) ? log.End + _random.Next(1, 50) : Math.Max(0, log.Start - _random.Next(1, 5));
        return FetchAsync(topic, partition, offset, 1_000, client.AnyInstance());
    }
}
