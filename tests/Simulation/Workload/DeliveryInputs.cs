using System.Text;
using Serverless.Core;
using Serverless.Core.Records;
using Serverless.Core.Topics;
using Serverless.Simulation.Audit;
using Serverless.Simulation.Engine;
using Serverless.Simulation.World;

namespace Serverless.Simulation.Workload;

/// <summary>Records that are to be delivered: plain ones with keys and headers, and those of transactions.</summary>
internal sealed class DeliveryInputs(Cluster cluster, Client client, Func<Topic> topic, TimeSpan thinkMax, Func<Task> wake)
{
    private readonly Random _random = client.Random;
    private int _sent;

    /// <summary>Whether a record of this value has the header that copies go by.</summary>
    public static bool HasKind(string value) => value.StartsWith("a.", StringComparison.Ordinal);

    /// <summary>Whether it was sent outside of transactions, with a header.</summary>
    public static bool IsPlain(string value) => !value.StartsWith("t.", StringComparison.Ordinal);

    public async Task PlainAsync(int requests)
    {
        for (var sent = 0; sent < requests; sent++)
        {
            await client.PauseAsync(_random.Between(TimeSpan.Zero, thinkMax));
            if (await SendAsync(topic(), client.AnyInstance()) && _random.Chance(0.3))
            {
                await wake();
            }
        }
    }

    public async Task TransactionsAsync(int transactions)
    {
        var program = new TransactionProgram(cluster, client, client.Name, TimeSpan.FromSeconds(20));
        for (var sent = 0; sent < transactions; sent++)
        {
            await client.PauseAsync(_random.Between(TimeSpan.Zero, thinkMax));
            if (!await program.BeginAsync())
            {
                continue;
            }

            var good = true;
            for (var batches = _random.Next(1, 4); batches > 0; batches--)
            {
                var (to, batch) = (topic(), $"{client.Name}.{sent}.{batches}");
                good = await program.SendAsync(to, _random.Next(to.Partitions), index => $"t.{batch}.{index}", _random.Next(1, 4)) && good;
            }

            if (!_random.Chance(0.1))
            {
                await program.EndAsync(good && _random.Chance(0.7));
            }
        }
    }

    public Task<bool> SendAsync(Topic to, Instance? instance) => SendAsync(to, _random.Next(to.Partitions), instance);

    /// <summary>One batch of values that nobody else sends; whether it is known to be stored.</summary>
    public async Task<bool> SendAsync(Topic to, int partition, Instance? instance, int? records = null)
    {
        var number = ++_sent;
        var pad = new string('x', _random.Next(0, 50));
        var kind = _random.Chance(0.5) ? 'a' : 'b';
        var timestamp = cluster.NowMs - (_random.Chance(0.2) ? _random.Next(20_000) : 0);
        var send = new Send(
            client.Name, to.Id, partition, timestamp,
            [.. Enumerable.Range(0, records ?? _random.Next(1, 5)).Select(index => $"{kind}.{client.Name}.{number}.{index}{pad}")]);
        cluster.Audit.Sending(send);
        var batch = Batch(send, _random.Chance(0.5) ? $"k{_random.Next(5)}" : null);
        var reply = await client.CallAsync(
            instance, $"send {to.Name}-{partition} {send.Values[0]}×{send.Values.Count}",
            (at, token) => at.Logs.AppendAsync(to, partition, batch, identity: null, token));
        send.Outcome = reply.Outcome == Outcome.Ok && reply.Value.Error == ErrorCode.None ? Outcome.Ok : Outcome.Info;
        Guarantee.Holds(
            send.Outcome != Outcome.Ok || send.At == reply.Value.BaseOffset, "L12",
            $"{send} was acknowledged at {reply.Value.BaseOffset} and is at {send.At}.");
        return send.Outcome == Outcome.Ok;
    }

    private static byte[] Batch(Send send, string? key)
    {
        using var builder = new RecordBatchBuilder();
        var keyBytes = Encoding.UTF8.GetBytes(key ?? "");
        foreach (var value in send.Values)
        {
            builder.Add(
                send.TimestampMs, keyBytes, key is null, Encoding.UTF8.GetBytes(value), valueIsNull: false,
                [new RecordHeader("kind", Encoding.UTF8.GetBytes(value[..1]))]);
        }

        return builder.Build();
    }
}
