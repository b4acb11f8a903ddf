using Serverless.Core.Topics;
using Serverless.Simulation.Audit;
using Serverless.Simulation.Bugs;
using Serverless.Simulation.Engine;
using Serverless.Simulation.Storage;
using Serverless.Simulation.Workload;

namespace Serverless.Simulation.World;

/// <summary>A seed of deliveries: records go to a target while everything fails; then faults stop, and all must come to it, and to rest.</summary>
internal sealed class DeliveryRun
{
    private static readonly TimeSpan FaultsLast = TimeSpan.FromMinutes(8);

    private readonly EventLoop _loop = new();
    private readonly Cluster _cluster;
    private readonly SeedShape _shape;
    private readonly DeliveryShape _delivery;
    private readonly Chance _chance;
    private readonly RandomFaults _faults;
    private readonly TopicNames _topics;
    private readonly DeliveryAudit _audit;
    private readonly Receiver _receiver;
    private const int BatchBytesMax = 100_000;

    private readonly Workers _workers;
    private readonly Random _random;

    private DeliveryRun(ulong seed, PlantedBug bug)
    {
        _chance = new Chance(seed);
        var shape = SeedShape.Draw(_chance.Shape);

        // Dead letters have headers of some length. A batch fits what one read of the tail asks for, as it does in production.
        _shape = shape with
        {
            Options = shape.Options with
            {
                BlockBytesMax = BatchBytesMax,
                CheckpointBytes = shape.Options.CheckpointBytes + BatchBytesMax,
                QueueBytesMax = 1_000_000,
            },
        };
        _delivery = DeliveryShape.Draw(_chance.Shape);
        _faults = new RandomFaults(_loop, _shape.Rates, _chance.Faults);
        _cluster = new Cluster(_loop, _shape, _chance, _faults, bug);
        _topics = new TopicNames([.. Enumerable.Range(0, _delivery.Topics).Select(number => $"in{number}")], changes: false);
        _audit = new DeliveryAudit(DeliveryOperator.Group, _cluster.Audit, _loop)
        {
            IsCopied = _delivery.Target != TargetKind.Topic ? null : value => !_delivery.Filters || DeliveryInputs.HasKind(value),
        };
        _cluster.Audit.Delivery = _audit;
        _receiver = new Receiver(_cluster, _audit, _delivery, new Random(_chance.Workload.Next()));
        _workers = new Workers(_cluster, _chance, _delivery, _receiver, bug);
        _random = new Random(_chance.Workload.Next());
    }

    public static SeedResult Run(ulong seed, PlantedBug bug = PlantedBug.None) =>
        OwnThread.Run($"delivery {seed}", () => RunHere(seed, bug));

    private static SeedResult RunHere(ulong seed, PlantedBug bug)
    {
        var run = new DeliveryRun(seed, bug);
        var result = SeedResult.Of(seed, bug, run._loop, run._cluster, run.All);
        return result with { Suite = "Delivery" };
    }

    private void All()
    {
        _loop.RunToEnd("faults", FaultsAsync, limit: TimeSpan.FromDays(2));
        _loop.At(2 * FaultRates.LateMax, () => { });
        _loop.RunToEnd();
        foreach (var instance in _cluster.Slots)
        {
            Guarantee.Holds(instance is { Under: 0 }, "A4", $"{instance?.Name} still works on {instance?.Under} operations.");
        }

        _cluster.History.Add("", "HEALED");
        _shape.Latency.IsCalm = true;
        var calm = new DeliveryCalm(
            _cluster, _delivery, _audit, _workers, _random, NewClient("calm"), NewOperator("calm"), NewInputs("calm"));
        _loop.RunToEnd("calm", calm.RunAsync, limit: TimeSpan.FromHours(6));
    }

    private async Task FaultsAsync()
    {
        var admin = NewClient("a0");
        foreach (var name in _topics.Names)
        {
            await CreateAsync(admin, name, admin.Random.Next(1, 5), _delivery.Retains);
        }

        await CreateAsync(admin, DeliveryAudit.Letters, admin.Random.Next(1, 4), retains: false);
        await CreateAsync(admin, DeliveryAudit.Copies, admin.Random.Next(1, 4), retains: false);
        var inputs = new List<Task>
        {
            NewInputs("p0").PlainAsync(_delivery.Inputs / 3), NewInputs("p1").PlainAsync(_delivery.Inputs / 3),
            NewInputs("t0").TransactionsAsync(_delivery.Inputs / 4),
        };
        var others = new List<Task>
        {
            OperateAsync(NewOperator("o0")), NewOperator("o1").LookAsync(() => _topics.Healed),
            SweepAsync(NewClient("s0")), SweepAsync(NewClient("s1")), WidenAsync(NewClient("w0")),
            new Nemesis(_cluster, _shape, _chance.Faults, _topics).RunAsync(),
        };
        inputs.Concat(others).ToList().ForEach(client => _ = _loop.ObserveAsync(() => client));
        await Task.WhenAll(inputs);
        await Task.WhenAny(UntilDoneAsync(), Task.Delay(FaultsLast, _cluster.Service));
        _faults.Heal();
        _topics.Healed = _receiver.Healed = _workers.Healed = true;
        await Task.WhenAll(others);
    }

    // Made while records come already.
    private async Task OperateAsync(DeliveryOperator by)
    {
        await Task.Delay(_random.Between(TimeSpan.Zero, _delivery.ThinkMax * 4), _cluster.Service);
        while (!await by.PutAsync() && !_topics.Healed)
        {
        }

        await by.WakeAsync();
        await by.RunAsync(() => _topics.Healed);
    }

    private async Task CreateAsync(Client client, string name, int partitions, bool retains)
    {
        var settings = new Dictionary<string, string?>
        {
            [TopicSetting.RetentionMs.Name] = retains ? $"{(int)client.Random.LogUniform(20_000, 300_000)}" : "-1",
            [TopicSetting.SegmentBytes.Name] = $"{(int)client.Random.LogUniform(retains ? 300 : 1_000, retains ? 3_000 : 20_000)}",
        };
        while (_cluster.Audit.Topics.Find(name) is null)
        {
            await client.CallAsync(
                client.AnyInstance(), $"create {name}",
                (at, token) => at.Topics.CreateAsync(name, partitions, settings, validateOnly: false, token));
        }
    }

    private async Task WidenAsync(Client client)
    {
        while (_delivery.Widens && !_topics.Healed)
        {
            await client.PauseAsync(client.Random.Between(TimeSpan.FromSeconds(10), TimeSpan.FromMinutes(5)));
            var (name, partitions) = (client.Random.Pick(_topics.Names), client.Random.Next(2, 7));
            await client.CallAsync(
                client.AnyInstance(), $"widen {name} to {partitions}", (at, token) => at.Topics.SetPartitionsAsync(name, partitions, token));
        }
    }

    private async Task SweepAsync(Client client)
    {
        var sweeper = new Sweeper(client, _topics);
        while (!_topics.Healed)
        {
            await client.PauseAsync(client.Random.Between(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(40)));
            if (_delivery.Retains)
            {
                await sweeper.SweepAsync(client.AnyInstance());
            }

            await DeliveryCalm.SweepAsync(client);
        }
    }

    private async Task UntilDoneAsync()
    {
        while (!_topics.Healed && !(_audit.IsMade && IsDone()))
        {
            await Task.Delay(TimeSpan.FromSeconds(10), _cluster.Service);
        }
    }

    private bool IsDone() => DeliveryCalm.Sources(_cluster, _audit, _topics.Names).All(log => log.FirstUndoneBefore(log.Log.End) is null);

    private Topic AnySource() => _cluster.Audit.Topics.Find(_random.Pick(_topics.Names))!;

    private DeliveryInputs NewInputs(string name) => new(_cluster, NewClient(name), AnySource, _delivery.ThinkMax, NewOperator($"{name}w").WakeAsync);

    private DeliveryOperator NewOperator(string name) => new(NewClient(name), _delivery, _workers, _audit, _topics.Names);

    private Client NewClient(string name) => new(_cluster, new Random(_chance.Workload.Next()), name);
}
