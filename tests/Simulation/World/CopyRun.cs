using Serverless.Core;
using Serverless.Core.Groups;
using Serverless.Core.Topics;
using Serverless.Simulation.Audit;
using Serverless.Simulation.Bugs;
using Serverless.Simulation.Engine;
using Serverless.Simulation.Storage;
using Serverless.Simulation.Workload;

namespace Serverless.Simulation.World;

/// <summary>A seed of transactions: one topic is copied to another, exactly once, while everything fails; then faults stop, and it is counted.</summary>
internal sealed class CopyRun
{
    public const string In = "in";
    public const string Out = "out";

    private static readonly TimeSpan FaultsLast = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan CalmPatience = TimeSpan.FromMinutes(1);

    // For what is open, and for what is still to be copied: one record a poll, at worst.
    private TimeSpan CalmMax => TimeSpan.FromMinutes(30) + TimeSpan.FromSeconds(10 * _copy.Inputs);

    private readonly EventLoop _loop = new();
    private readonly Cluster _cluster;
    private readonly SeedShape _shape;
    private readonly CopyShape _copy;
    private readonly Chance _chance;
    private readonly RandomFaults _faults;
    private readonly TopicNames _topics = new([In, Out], changes: false);
    private readonly Dictionary<string, Topic> _made = [];

    private CopyRun(ulong seed, PlantedBug bug, int? inputs)
    {
        _chance = new Chance(seed);
        _shape = SeedShape.Draw(_chance.Shape);
        _copy = CopyShape.Draw(_chance.Shape);
        _copy = _copy with { Inputs = inputs ?? _copy.Inputs };
        _faults = new RandomFaults(_loop, _shape.Rates, _chance.Faults);
        _cluster = new Cluster(_loop, _shape, _chance, _faults, bug);
    }

    public static SeedResult Run(ulong seed, PlantedBug bug = PlantedBug.None, int? inputs = null) =>
        OwnThread.Run($"copy {seed}", () => RunHere(seed, bug, inputs));

    private static SeedResult RunHere(ulong seed, PlantedBug bug, int? inputs)
    {
        var run = new CopyRun(seed, bug, inputs);
        var result = SeedResult.Of(seed, bug, run._loop, run._cluster, run.All);
        return result with { Suite = "Transaction", Copied = result.Failure is null ? run.Copied().Count : 0 };
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
        _loop.RunToEnd("calm", CalmAsync, limit: CalmMax + TimeSpan.FromHours(6));
    }

    private async Task FaultsAsync()
    {
        foreach (var name in _topics.Names)
        {
            _made[name] = await CreateAsync(name);
        }

        var inputs = new List<Task>();
        for (var number = 0; number < 2; number++)
        {
            inputs.Add(PlainInputsAsync(new Sender(_cluster, NewClient($"p{number}"), _shape, _topics)));
        }

        inputs.Add(TransactionalInputsAsync(NewClient("t0")));
        var others = Copiers("c", _copy, () => _topics.Healed)
            .Append(SweepAsync(NewClient("s0"))).Append(SweepAsync(NewClient("s1"))).Append(ReadAsync(NewClient("r0")))
            .Append(new Nemesis(_cluster, _shape, _chance.Faults, _topics).RunAsync())
            .ToList();
        inputs.Concat(others).ToList().ForEach(client => _ = _loop.ObserveAsync(() => client));
        await Task.WhenAll(inputs);
        await Task.WhenAny(UntilAsync(IsCopied), Task.Delay(FaultsLast, _cluster.Service));
        _faults.Heal();
        _topics.Healed = true;
        await Task.WhenAll(others);
    }

    private List<Task> Copiers(string name, CopyShape copy, Func<bool> isOver) =>
    [
        .. Enumerable.Range(0, copy.Copiers)
            .Select(number => new Copier(_cluster, NewClient($"{name}{number}"), copy, isOver).RunAsync()),
    ];

    // Without faults all is copied, whatever was left open; then nothing is open, and the group stands at the end.
    private async Task CalmAsync()
    {
        var over = false;
        var sweeper = NewClient("calm");
        var copiers = Copiers("d", _copy with { Pauses = 0 }, () => over);
        var began = _loop.Now;
        while (!IsCopied() || Logs().Any(log => log.LastStable < log.End))
        {
            Guarantee.Holds(
                _loop.Now - began < CalmMax, "T9",
                $"After {CalmMax} without a fault {Logs().FirstOrDefault(log => log.LastStable < log.End)?.Name ?? "nothing"} has something undecided; "
                + $"not copied is {string.Join(' ', Expected().Except(Copied()).Take(3))}.");
            await SweepOnceAsync(sweeper);
            await sweeper.PauseAsync(TimeSpan.FromSeconds(20));
        }

        over = true;
        await Task.WhenAll(copiers);
        var twice = Copied().GroupBy(value => value).FirstOrDefault(same => same.Count() > 1);
        Guarantee.Holds(twice is null, "T7", $"{twice?.Key} was copied {twice?.Count()} times.");
        Guarantee.Holds(Copied().Count == Expected().Count, "T7", "Something was copied that nobody committed.");
        await CommittedAsync(sweeper);
        await ReadAllAsync(sweeper);
    }

    // What a fresh instance reads is what is committed, all of it.
    private async Task ReadAllAsync(Client client)
    {
        client.Patience = CalmPatience;
        foreach (var instance in _cluster.Slots.Append(_cluster.Born(slot: -1)).ToList())
        {
            foreach (var topic in _made.Values)
            {
                for (var partition = 0; partition < topic.Partitions; partition++)
                {
                    var log = _cluster.Audit.Of(topic.Id, partition);
                    for (var offset = log.Start; offset < log.End;)
                    {
                        var next = await FetchAsync(client, topic, partition, offset, instance);
                        Guarantee.Holds(next > offset, "T9", $"{log.Name}: committed records cannot be read on from {offset} of {log.End}.");
                        offset = next!.Value;
                    }
                }
            }
        }
    }

    private async Task CommittedAsync(Client client)
    {
        var topic = _made[In];
        var offsets = await client.CallAsync(
            client.AnyInstance(), "committed",
            (at, token) => at.Groups.GroupOffsetsAsync(
                Copier.Group, [.. Enumerable.Range(0, topic.Partitions).Select(partition => new TopicPartition(In, partition))], token));
        for (var partition = 0; partition < topic.Partitions; partition++)
        {
            var log = _cluster.Audit.Of(topic.Id, partition);
            var last = Enumerable.Range(0, (int)log.End).LastOrDefault(offset => log.IsCommitted(offset), -1);
            var committed = (offsets.Value ?? []).Where(offset => offset.At.Partition == partition).Select(offset => offset.Offset)
                .DefaultIfEmpty(-1).First();
            Guarantee.Holds(
                last < 0 || committed > last, "T7", $"{log.Name}: {last} was copied, and the group has committed {committed}.");
        }
    }

    private IEnumerable<PartitionAudit> Logs() => _made.Values.SelectMany(
        topic => Enumerable.Range(0, topic.Partitions).Select(partition => _cluster.Audit.Of(topic.Id, partition)));

    private List<string> Expected() => Committed(_made[In]);

    private List<string> Copied() => [.. Committed(_made[Out]).Select(value => value[..value.IndexOf('|')])];

    private bool IsCopied() => _made.Count == 2 && !Expected().Except(Copied()).Any();

    private List<string> Committed(Topic topic) =>
    [
        .. Enumerable.Range(0, topic.Partitions).Select(partition => _cluster.Audit.Of(topic.Id, partition))
            .SelectMany(log => log.Records.Where((_, offset) => log.IsCommitted(offset)).Select(record => record.Value)),
    ];

    private async Task<Topic> CreateAsync(string name)
    {
        var client = NewClient("a0");
        var settings = new Dictionary<string, string?>
        {
            [TopicSetting.RetentionMs.Name] = "-1",
            [TopicSetting.SegmentBytes.Name] = $"{(int)client.Random.LogUniform(1_000, 20_000)}",
        };
        var partitions = client.Random.Next(1, 5);
        while (true)
        {
            await client.CallAsync(
                client.AnyInstance(), $"create {name}",
                (at, token) => at.Topics.CreateAsync(name, partitions, settings, validateOnly: false, token));
            if (_cluster.Audit.Topics.Find(name) is { } topic)
            {
                return topic;
            }
        }
    }

    private async Task PlainInputsAsync(Sender sender)
    {
        var random = new Random(_chance.Workload.Next());
        for (var sent = 0; sent < _copy.Inputs / 2; sent++)
        {
            await Task.Delay(random.Between(TimeSpan.Zero, TimeSpan.FromSeconds(5)), _cluster.Service);
            await sender.SendAsync(_made[In], random.Next(_made[In].Partitions), _cluster.Slots.FirstOrDefault(slot => slot is not null));
        }
    }

    private async Task TransactionalInputsAsync(Client client)
    {
        var program = new TransactionProgram(_cluster, client, "inputs", TimeSpan.FromSeconds(20));
        for (var sent = 0; sent < _copy.Inputs / 4; sent++)
        {
            await client.PauseAsync(client.Random.Between(TimeSpan.Zero, TimeSpan.FromSeconds(5)));
            if (!await program.BeginAsync())
            {
                continue;
            }

            var good = true;
            for (var batches = client.Random.Next(1, 4); batches > 0; batches--)
            {
                var batch = $"{sent}.{batches}";
                good = await program.SendAsync(
                    _made[In], client.Random.Next(_made[In].Partitions), index => $"t.{batch}.{index}", client.Random.Next(1, 4)) && good;
            }

            if (!client.Random.Chance(0.1))
            {
                await program.EndAsync(good && client.Random.Chance(0.7));
            }
        }
    }

    private async Task SweepAsync(Client client)
    {
        while (!_topics.Healed)
        {
            await client.PauseAsync(client.Random.Between(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(20)));
            await SweepOnceAsync(client);
        }
    }

    private static async Task SweepOnceAsync(Client client)
    {
        var instance = client.AnyInstance();
        await client.CallAsync(instance, "expiry", (at, token) => at.Groups.SweepAsync(token));
        for (var pages = 0; pages < 16; pages++)
        {
            if ((await client.CallAsync(instance, "timeouts", (at, token) => at.Transactions.SweepAsync(token))) is not { Value: true })
            {
                return;
            }
        }
    }

    private async Task ReadAsync(Client client)
    {
        while (!_topics.Healed)
        {
            await client.PauseAsync(client.Random.Between(TimeSpan.Zero, TimeSpan.FromSeconds(5)));
            var topic = client.Random.Pick(_made.Values.ToList());
            var partition = client.Random.Next(topic.Partitions);
            var end = (int)_cluster.Audit.Of(topic.Id, partition).End;
            await FetchAsync(client, topic, partition, client.Random.Next(end + 1), client.AnyInstance());
        }
    }

    private async Task<long?> FetchAsync(Client client, Topic topic, int partition, long offset, Instance? instance)
    {
        var log = _cluster.Audit.Of(topic.Id, partition);
        var reply = await client.CallAsync(
            instance, $"fetch what is committed of {log.Name} @{offset}",
            (at, token) => at.Logs.FetchAsync(topic, partition, offset, 2_000, IsolationLevel.ReadCommitted, token));
        if (reply is not { Outcome: Outcome.Ok, Value.Error: ErrorCode.None })
        {
            return null;
        }

        FetchCheck.Committed(log, offset, reply.Value);
        return reply.Value.NextOffset;
    }

    private async Task UntilAsync(Func<bool> condition)
    {
        while (!condition() && !_topics.Healed)
        {
            await Task.Delay(TimeSpan.FromSeconds(5), _cluster.Service);
        }
    }

    private Client NewClient(string name) => new(_cluster, new Random(_chance.Workload.Next()), name);
}
