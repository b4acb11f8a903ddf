using Serverless.Core;
using Serverless.Core.Log;
using Serverless.Core.Records;
using Serverless.Core.Topics;
using Serverless.Simulation.Audit;
using Serverless.Simulation.Engine;
using Serverless.Simulation.World;

namespace Serverless.Simulation.Workload;

/// <summary>Sends batches of values that nobody else sends, and holds the log to what it answers.</summary>
internal sealed class Sender(Cluster cluster, Client client, SeedShape shape, TopicNames topics)
{
    private readonly Random _random = client.Random;
    private readonly Identities _identities = new(cluster, client.Random);
    private int _sent;
    private Send? _former;

    public async Task RunAsync()
    {
        while (_sent < shape.SendsEach && !topics.Healed)
        {
            await client.PauseAsync(_random.Between(TimeSpan.Zero, shape.ThinkMax));
            if (await topics.FindAsync(client) is not { } topic)
            {
                await client.PauseAsync(TimeSpan.FromSeconds(1));
            }
            else
            {
                var atOnce = _random.Chance(0.2) && !_identities.FollowOneAnother ? _random.Next(2, 8) : 1;
                var partition = _random.Next(topic.Partitions);
                await Task.WhenAll(Enumerable.Range(0, atOnce).Select(_ => SendUntilKnownAsync(topic, partition)));
            }
        }
    }

    /// <summary>One send of values that are new.</summary>
    public Task<Outcome> SendAsync(Topic topic, int partition, Instance? instance) =>
        SendAsync(topic, NewSend(topic, partition, identity: null), instance);

    private async Task<Outcome> SendAsync(Topic topic, Send send, Instance? instance)
    {
        var log = cluster.Audit.Of(topic.Id, send.Partition);
        var wasUnknown = send.Outcome == Outcome.Info;
        var isThere = send.At >= 0;
        var (endBefore, wasDeleted) = (isThere ? 0 : log.EndSeen, !isThere && topics.IsDeleted(topic.Id));
        var reply = await client.CallAsync(
            instance,
            $"send {Storage.Short.Id(topic.Id)}/{send.Partition} {send.Values[0]}×{send.Values.Count} {send.Identity}",
            async (at, cancellationToken) =>
            {
                var answer = await at.Logs.AppendAsync(topic, send.Partition, Batch(send), send.Identity, cancellationToken);
                if (answer.Error == ErrorCode.None)
                {
                    Acknowledged(log, send, answer);
                }

                return answer;
            });

        if (send.Outcome == Outcome.Ok)
        {
            // Sent twice at once, and the other is through.
            return Outcome.Ok;
        }

        send.Outcome = reply.Outcome != Outcome.Ok ? reply.Outcome : reply.Value.Error switch
        {
            ErrorCode.None => Outcome.Ok,
            ErrorCode.RequestTimedOut => Outcome.Info,
            _ => Outcome.Fail,
        };
        Guarantee.Holds(
            reply.Outcome != Outcome.Ok
            || reply.Value.Error is ErrorCode.None or ErrorCode.RequestTimedOut or ErrorCode.UnknownTopicOrPartition or ErrorCode.MessageTooLarge, "P2",
            $"{log.Name}: {send} is in order, and was answered with {reply.Value.Error}.");
        if (send.Outcome == Outcome.Fail && (wasUnknown || send.IsTwice))
        {
            // This attempt appended nothing; of an earlier one it says nothing.
            send.Outcome = Outcome.Info;
        }

        if (send.Outcome == Outcome.Ok)
        {
            Guarantee.Holds(!wasDeleted, "L15", $"{log.Name}: {send} was appended after the topic's deletion had returned.");
            Guarantee.Holds(
                reply.Value.BaseOffset >= endBefore, "L8",
                $"{log.Name}: {send} got {reply.Value.BaseOffset} though {endBefore} had been seen as the end before.");
            log.SawEnd(reply.Value.BaseOffset + send.Values.Count);
        }

        Guarantee.Holds(
            send.Outcome != Outcome.Fail || send.At < 0, "A1", $"{log.Name}: {send} was refused for good, and is at {send.At}.");
        return send.Outcome;
    }

    // What is acknowledged is in storage, where the answer says, at the instant of the answer.
    private static void Acknowledged(PartitionAudit log, Send send, AppendAnswer answer)
    {
        Guarantee.Holds(send.At >= 0, "L12", $"{log.Name}: {send} was acknowledged and is not in the log.");
        Guarantee.Holds(
            send.At == answer.BaseOffset, "L3", $"{log.Name}: {send} was acknowledged at {answer.BaseOffset} and is at {send.At}.");
    }

    private Task SendUntilKnownAsync(Topic topic, int partition) => _identities.Next(topic, partition) is { } next
        ? SendAgainAsync(topic, partition, next)
        : SendAnewAsync(topic, partition);

    // A producer without an identity sends anew what it does not know of, and here with new values.
    private async Task SendAnewAsync(Topic topic, int partition)
    {
        for (var attempt = 0; attempt < 3; attempt++)
        {
            if (await SendAsync(topic, partition, client.AnyInstance()) != Outcome.Info)
            {
                return;
            }
        }
    }

    // The same batch until somebody knows what became of it; also to two instances at once.
    private async Task SendAgainAsync(Topic topic, int partition, Func<Client, int, Task<AppendIdentity?>> next)
    {
        var values = NewValues();
        if (await next(client, values.Count) is not { } identity)
        {
            return;
        }

        var send = NewSend(topic, partition, identity, values);
        for (var attempt = 0; attempt < 6 && !topics.Healed && send.Outcome is Outcome.Pending or Outcome.Info; attempt++)
        {
            send.IsTwice = _random.Chance(0.2);
            var sent = Enumerable.Range(0, send.IsTwice ? 2 : 1).Select(_ => SendAsync(topic, send, client.AnyInstance()));
            await Task.WhenAll(sent);
        }

        if (send.Outcome != Outcome.Ok)
        {
            _identities.Lost(topic, partition);
            _former = send;
        }
        else if (_former is { } former && _random.Chance(0.5))
        {
            _former = null;
            await SendLateAsync(topic, former, newer: send);
        }
    }

    // What was given up comes late, behind a batch of its producer's next epoch.
    private async Task SendLateAsync(Topic topic, Send former, Send newer)
    {
        if (former.Identity is not AppendIdentity.Sequence late || newer.Identity is not AppendIdentity.Sequence next
            || (former.TopicId, former.Partition, late.ProducerId) != (newer.TopicId, newer.Partition, next.ProducerId)
            || late.ProducerEpoch >= next.ProducerEpoch)
        {
            return;
        }

        var reply = await client.CallAsync(
            client.AnyInstance(), $"send {former} late",
            (at, cancellationToken) => at.Logs.AppendAsync(topic, former.Partition, Batch(former), late, cancellationToken));
        // Who has not seen the newer epoch yet may still find the batch where it was stored before that.
        var wasThere = former.At >= 0;
        Guarantee.Holds(
            reply.Outcome != Outcome.Ok || (wasThere && reply.Value.IsDuplicate) || reply.Value.Error is ErrorCode.InvalidProducerEpoch or ErrorCode.RequestTimedOut
                or ErrorCode.UnknownTopicOrPartition or ErrorCode.MessageTooLarge,
            "P1", $"{former} came after {newer} was acknowledged, and was answered with {reply.Value.Error}.");
    }

    private List<string> NewValues()
    {
        var number = ++_sent;
        var pad = new string('x', _random.Chance(0.03) ? 5_000 : _random.Next(0, 50));
        return [.. Enumerable.Range(0, _random.Next(1, 5)).Select(index => $"{client.Name}.{number}.{index}{pad}")];
    }

    private Send NewSend(Topic topic, int partition, AppendIdentity? identity, List<string>? values = null)
    {
        // Some producers' clocks are behind, as timestamps need not rise along a log.
        var timestamp = cluster.NowMs - (_random.Chance(0.2) ? _random.Next(20_000) : 0);
        var send = new Send(client.Name, topic.Id, partition, timestamp, values ?? NewValues()) { Identity = identity };
        cluster.Audit.Sending(send);
        return send;
    }

    private static byte[] Batch(Send send)
    {
        using var builder = new RecordBatchBuilder();
        foreach (var value in send.Values)
        {
            builder.Add(send.TimestampMs, [], keyIsNull: true, System.Text.Encoding.UTF8.GetBytes(value), valueIsNull: false);
        }

        return builder.Build();
    }
}
