using Serverless.Core;
using Serverless.Core.Groups;
using Serverless.Core.Log;
using Serverless.Core.Topics;
using Serverless.Core.Transactions;
using Serverless.Simulation.Audit;
using Serverless.Simulation.Engine;
using Serverless.Simulation.World;

namespace Serverless.Simulation.Workload;

/// <summary>One program's way with transactions: it asks again while it does not know, and begins a new instance when it gets nowhere.</summary>
internal sealed class TransactionProgram(Cluster cluster, Client client, string transactionalId, TimeSpan timeout)
{
    private const int TriesMax = 5;

    private readonly Random _random = client.Random;
    private TransactionInstance? _instance;
    private int _batches;

    private TransactionInstance? _open;

    private TransactionStep Step => new(transactionalId, _open!.InstanceId, _open.ProducerEpoch);

    /// <summary>Whether one was begun that this program has not ended yet.</summary>
    public bool HasOpen => _open is not null;

    /// <summary>Opens a transaction; false where nobody can say, and then the next one begins a new instance.</summary>
    public async Task<bool> BeginAsync()
    {
        if (_instance is null)
        {
            var made = await CallAsync("init", (at, token) => at.Transactions.InitAsync(transactionalId, timeout, token));
            if (made is not { Error: ErrorCode.None, Value: { } instance })
            {
                return false;
            }

            cluster.Audit.Transactions.Initialized(transactionalId, instance.ProducerId, instance.ProducerEpoch);
            _instance = instance;
        }

        var step = new TransactionStep(transactionalId, _instance.InstanceId);
        var begun = await CallAsync("begin", (at, token) => at.Transactions.BeginAsync(step, token));
        _instance = begun is { Error: ErrorCode.None, Value: { } present } ? present : null;
        _open = _instance;
        return _instance is not null;
    }

    /// <summary>Sends a batch in the transaction, again with the same key while nobody knows what became of it.</summary>
    public async Task<bool> SendAsync(Topic topic, int partition, Func<int, string> value, int records)
    {
        var number = ++_batches;
        var hash = _random.Chance(0.5) ? _random.NextInt64(1L << 62) : (long?)null;
        var send = new Send(client.Name, topic.Id, partition, cluster.NowMs, [.. Enumerable.Range(0, records).Select(value)])
        {
            Identity = new AppendIdentity.Transaction(_open!.ProducerId, _open.ProducerEpoch, hash),
        };
        cluster.Audit.Sending(send);
        List<ProduceRecord> batch =
            [.. send.Values.Select(text => new ProduceRecord(partition, send.TimestampMs, null, System.Text.Encoding.UTF8.GetBytes(text), []))];
        var key = hash is { } keyed
            ? new RequestKey(keyed, new ProduceStart(topic.Id, topic.Partitions, new Dictionary<int, long> { [partition] = 0 }))
            : null;
        var step = Step;
        for (var attempt = 0; attempt < (key is null ? 1 : TriesMax); attempt++)
        {
            var reply = await client.CallAsync(
                client.AnyInstance(), $"add {send} #{number} to {transactionalId}/{step.Epoch}",
                (at, token) => at.Transactions.ProduceAsync(step, topic, batch, key, token), again: true);
            if (reply.Outcome != Outcome.Ok)
            {
                continue;
            }

            if (reply.Value.Error != ErrorCode.None)
            {
                _instance = reply.Value.Error == ErrorCode.InvalidTxnState ? _instance : null;
                return false;
            }

            var outcome = reply.Value.Value![0];
            if (outcome.Error == ErrorCode.None)
            {
                Guarantee.Holds(
                    send.At == outcome.Offset, "L12", $"{send} was acknowledged at {outcome.Offset} and is at {send.At}.");
                return true;
            }

            if (outcome.Error != ErrorCode.RequestTimedOut)
            {
                return false;
            }
        }

        return false;
    }

    public async Task<bool> AddOffsetsAsync(string group, string consumer, IReadOnlyList<GroupOffset> offsets)
    {
        var step = Step;
        return await CallAsync(
            $"add offsets to {transactionalId}/{step.Epoch}",
            (at, token) => at.Transactions.AddOffsetsAsync(step, group, consumer, offsets, token)) is { Error: ErrorCode.None };
    }

    /// <summary>Ends it; null where the client was never told how.</summary>
    public async Task<bool?> EndAsync(bool commit)
    {
        var step = Step;
        if (commit)
        {
            cluster.Audit.Transactions.Asked(_open!.ProducerId, step.Epoch!.Value);
        }

        // One in five is sent twice, the second at any time: even in the middle of the next one.
        if (_random.Chance(0.2))
        {
            _ = LateAsync(step, commit);
        }

        var ended = await CallAsync(
            $"{(commit ? "commit" : "abort")} {transactionalId}/{step.Epoch}",
            (at, token) => at.Transactions.EndAsync(step, commit, token));
        switch (ended?.Error)
        {
            case ErrorCode.None:
                cluster.Audit.Transactions.Told(_open!.ProducerId, step.Epoch!.Value, commit);
                _instance = _random.Chance(0.1) ? null : _instance;
                return commit;

            case ErrorCode.InvalidTxnState:
                // Its time was over, and so it is aborted; or it had not begun.
                cluster.Audit.Transactions.Told(_open!.ProducerId, step.Epoch!.Value, false);
                _instance = null;
                return false;

            default:
                _instance = null;
                return null;
        }
    }

    private async Task LateAsync(TransactionStep step, bool commit)
    {
        await client.PauseAsync(_random.Between(TimeSpan.Zero, TimeSpan.FromSeconds(20)));
        await client.CallAsync(
            client.AnyInstance(), $"end {transactionalId}/{step.Epoch} again",
            (at, token) => at.Transactions.EndAsync(step, commit, token), again: true);
    }

    private async Task<TransactionAnswer<T>?> CallAsync<T>(
        string what, Func<Instance, CancellationToken, ValueTask<TransactionAnswer<T>>> call)
    {
        for (var attempt = 0; attempt < TriesMax; attempt++)
        {
            var reply = await client.CallAsync(client.AnyInstance(), what, call, again: true);
            if (reply.Outcome == Outcome.Ok)
            {
                return reply.Value;
            }
        }

        return null;
    }
}
