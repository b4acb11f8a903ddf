using System.Text;
using Serverless.Core.Delivery;
using Serverless.Simulation.Audit;
using Serverless.Simulation.Engine;
using Serverless.Simulation.Storage;
using Serverless.Simulation.World;

namespace Serverless.Simulation.Workload;

/// <summary>What records are delivered to: it does what it is asked once for each key, and fails in every way that there is.</summary>
internal sealed class Receiver(Cluster cluster, DeliveryAudit audit, DeliveryShape shape, Random random)
{
    private static readonly TimeSpan HandlerTimeout = new DeliveryOptions().HandlerTimeout;

    private TimeSpan _downUntil;

    /// <summary>From now on it does what it is asked, but for what it never can.</summary>
    public bool Healed { get; set; }

    /// <summary>Batches that it never can do anything with.</summary>
    public Predicate<DeliveredBatch> IsPoison { get; init; } = sent => sent.Offsets.Any(
        offset => Murmur(sent.Log.Log.Records[(int)offset].Value) < shape.Rates.Poison);

    /// <summary>The webhooks of one process.</summary>
    public IWebhooks Webhooks(Instance at) => new Hook(this, at);

    /// <summary>The handlers of one process.</summary>
    public IEnumerable<IRecordHandler> Handlers(Instance at) => [new Counter(this, at)];

    private sealed class Hook(Receiver receiver, Instance at) : IWebhooks, IDeliveryTarget
    {
        public IDeliveryTarget Open(DeliveryTarget.Webhook webhook, ReadOnlyMemory<byte> secret) => this;

        public async ValueTask<SendOutcome> SendAsync(DeliveryBatch batch, CancellationToken cancellationToken)
        {
            DeliveredBatch sent = null!;
            at.Context.Loop.Check(() => sent = receiver.Audit.Sends(batch));
            receiver.Note(at, $"sends {batch.At} {batch.FirstOffset}..{batch.NextOffset} {Short.Id(batch.Key)} #{batch.Attempt}");
            var outcome = await receiver.CountedAsync(sent, () => receiver.ReceiveAsync(
                at, sent, effect: () => receiver.Audit.Effect(sent), cancellationToken), cancellationToken);
            receiver.Note(at, $"{Short.Id(batch.Key)} → {outcome}");
            return outcome;
        }
    }

    /// <summary>A handler whose effects are rows of the group: how many records of each partition it has handled.</summary>
    private sealed class Counter(Receiver receiver, Instance at) : IRecordHandler
    {
        public string Name => DeliveryShape.Handler;

        public async ValueTask HandleAsync(
            IReadOnlyList<DeliveredRecord> records, HandlerContext context, CancellationToken cancellationToken)
        {
            DeliveredBatch sent = null!;
            at.Context.Loop.Check(() => sent = receiver.Audit.Handles(context.At, context.Key, records));
            receiver.Note(at, $"handles {context.At} {records[0].Offset}..{records[^1].Offset} {Short.Id(context.Key)} #{context.Attempt}");
            await receiver.CountedAsync(
                sent,
                async () =>
                {
                    var row = await context.FindAsync(RowOf(context.At), cancellationToken);
                    var total = receiver.HasTotal ? await context.FindAsync(Total, cancellationToken) : null;
                    if (await receiver.ReceiveAsync(at, sent, effect: null, cancellationToken) is SendOutcome.Failed failed)
                    {
                        throw new HandlerFailedException(failed.Error);
                    }

                    context.Set(RowOf(context.At), row, new Dictionary<string, object>
                    {
                        ["count"] = Count(row) + records.Count,
                        ["at"] = context.At.ToString(),
                        ["offsets"] = string.Join(',', records.Select(record => record.Offset)),
                    });
                    if (receiver.HasTotal)
                    {
                        context.Set(Total, total, new Dictionary<string, object> { ["count"] = Count(total) + records.Count });
                    }

                    return new SendOutcome.Done();
                },
                cancellationToken,
                HandlerTimeout);
        }

        private static long Count(HandlerRow? row) => row is null ? 0 : (long)row.Columns["count"];
    }

    public const string Total = "total";

    public static string RowOf(Core.TopicPartition at) => $"count.{at.Topic}.{at.Partition}";

    private DeliveryAudit Audit => audit;

    private bool HasTotal => shape.HasTotal;

    private void Note(Instance at, string what) => cluster.History.Add(at.Name, what);

    private async ValueTask<SendOutcome> CountedAsync(
        DeliveredBatch sent, Func<Task<SendOutcome>> attempt, CancellationToken cancellationToken, TimeSpan? timeMax = null)
    {
        var began = cluster.Loop.Now;
        try
        {
            var outcome = await attempt();
            if (outcome is SendOutcome.Failed)
            {
                audit.Failed(sent);
            }

            return outcome;
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested
            || cluster.Loop.Now - began >= timeMax)
        {
            // A handler that was told to end as its time is over has failed; one whose worker ends has not.
            audit.Failed(sent);
            throw;
        }
    }

    /// <summary>What becomes of one batch, and when its sender hears of it.</summary>
    private Task<SendOutcome> ReceiveAsync(Instance at, DeliveredBatch sent, Action? effect, CancellationToken cancellationToken)
    {
        var reply = new TaskCompletionSource<SendOutcome>();
        if (cancellationToken.CanBeCanceled)
        {
            cancellationToken.Register(() => reply.TrySetCanceled(cancellationToken));
        }

        var (there, back) = (cluster.Latency.Draw(random), cluster.Latency.Draw(random));
        var rates = shape.Rates;
        var left = Healed ? 1 : random.NextDouble();
        if (!Healed && random.Chance(rates.Down))
        {
            _downUntil = cluster.Loop.Now + TimeSpan.FromSeconds(random.LogUniform(5, 300));
        }

        bool Is(double rate) => (left -= rate) < 0;
        if (IsLost(sent))
        {
            Tell(there + back, () => reply.TrySetResult(new SendOutcome.Failed("500 it is poison")));
        }
        else if (!Healed && cluster.Loop.Now < _downUntil)
        {
            Fail(there + back);
        }
        else if (Is(rates.Refuses))
        {
            Fail(there + back);
        }
        else if (Is(rates.Lies))
        {
            Do(there);
            Fail(there + back);
        }
        else if (Is(rates.Late))
        {
            Do(Long());
            Tell(TimeSpan.FromSeconds(random.LogUniform(1, 30)), () => reply.TrySetException(new TimeoutException("no answer")));
        }
        else if (Is(rates.Stalls))
        {
            var stalls = Long();
            Do(random.Chance(0.5) ? there : stalls);
            Tell(stalls + back, () => reply.TrySetResult(new SendOutcome.Done()));
        }
        else if (Is(rates.Kills))
        {
            Do(there);
            cluster.Loop.At(there, () => cluster.Crash(at, cluster.Slots.ToList().IndexOf(at)));
        }
        else if (Is(rates.Gone) && effect is not null)
        {
            Tell(there + back, () => reply.TrySetResult(new SendOutcome.Gone("410 Gone")));
        }
        else
        {
            Do(there);
            Tell(there + back, () => reply.TrySetResult(new SendOutcome.Done()));
        }

        return reply.Task;

        void Do(TimeSpan delay) => cluster.Loop.At(delay, () => effect?.Invoke());

        void Tell(TimeSpan delay, Action told) => cluster.Loop.At(delay, () =>
        {
            if (!at.Context.IsDead)
            {
                told();
            }
        });

        void Fail(TimeSpan delay)
        {
            var throws = random.Chance(0.3);
            TimeSpan? after = random.Chance(0.2) ? TimeSpan.FromSeconds(random.LogUniform(0.1, 30)) : null;
            Tell(delay, () => _ = throws
                ? reply.TrySetException(new HandlerFailedException("it threw"))
                : reply.TrySetResult(new SendOutcome.Failed("503 Service Unavailable", after)));
        }
    }

    // Without a topic for them they would be tried for ever.
    private bool IsLost(DeliveredBatch sent) => (shape.Buries || !Healed) && IsPoison(sent);

    private static int Murmur(string value) => (int)((uint)Core.Topics.Murmur2.Hash(Encoding.UTF8.GetBytes(value)) % 1_000);

    private TimeSpan Long() => TimeSpan.FromSeconds(random.LogUniform(2, 300));
}

/// <summary>What a handler throws that could not do its work.</summary>
internal sealed class HandlerFailedException(string message) : Exception(message);
