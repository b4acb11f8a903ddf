using Serverless.Core.Topics;
using Serverless.Simulation.Audit;
using Serverless.Simulation.Bugs;
using Serverless.Simulation.Engine;
using Serverless.Simulation.Storage;
using Serverless.Simulation.Workload;

namespace Serverless.Simulation.World;

/// <summary>One seed from its start to its verdict: faults, healing, what was late, final reads, what is left behind.</summary>
internal sealed class SeedRun
{
    // Longer than any late effect after any timeout, and than any stall.
    private static readonly TimeSpan FaultsLast = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan CalmPatience = TimeSpan.FromMinutes(1);

    // By then, some 50 minutes, all that can go is gone: of twice as many the later half deleted nothing in 300 seeds.
    private const int FaultySweeps = 10;

    private readonly EventLoop _loop = new();
    private readonly Cluster _cluster;
    private readonly SeedShape _shape;
    private readonly Chance _chance;
    private readonly RandomFaults _faults;
    private readonly TopicNames _topics;

    private SeedRun(ulong seed, PlantedBug bug)
    {
        _chance = new Chance(seed);
        _shape = SeedShape.Draw(_chance.Shape);
        _faults = new RandomFaults(_loop, _shape.Rates, _chance.Faults);
        _cluster = new Cluster(_loop, _shape, _chance, _faults, bug);
        _topics = new TopicNames([.. Enumerable.Range(0, _chance.Shape.Next(1, 4)).Select(number => $"topic{number}")], _shape.TopicsComeAndGo);
    }

    /// <summary>Runs a seed on a thread of its own: nothing of another seed, or of the test runner, is there to be met.</summary>
    public static SeedResult Run(ulong seed, PlantedBug bug = PlantedBug.None) =>
        OwnThread.Run($"seed {seed}", () => RunHere(seed, bug));

    private static SeedResult RunHere(ulong seed, PlantedBug bug)
    {
        var run = new SeedRun(seed, bug);
        return SeedResult.Of(seed, bug, run._loop, run._cluster, run.All);
    }

    private void All()
    {
        _loop.RunToEnd("faults", FaultsAsync, limit: TimeSpan.FromHours(2));
        _faults.Heal();

        Drain();
        foreach (var instance in _cluster.Slots)
        {
            Guarantee.Holds(instance is { Under: 0 }, "A4", $"{instance?.Name} still works on {instance?.Under} operations.");
        }

        _cluster.History.Add("", "HEALED");
        _shape.Latency.IsCalm = true;
        _loop.RunToEnd("calm", CalmAsync, limit: TimeSpan.FromHours(1));
        _faults.Resume();
        _shape.Latency.IsCalm = false;
        _loop.RunToEnd("removal", FaultyRemovalAsync, limit: TimeSpan.FromHours(12));
        _faults.Heal();
        Drain();
        _loop.RunToEnd("last removal", RemovalAsync, limit: TimeSpan.FromHours(12));
    }

    // Late writes land and stalled instances wake; only then has everything happened that can.
    private void Drain()
    {
        _loop.At(2 * FaultRates.LateMax, () => { });
        _loop.RunToEnd();
    }

    private async Task FaultsAsync()
    {
        var alone = _chance.Shape.Chance(0.5);
        var admins = Enumerable.Range(0, alone ? 1 : 2)
            .Select(number => new TopicAdmin(_cluster, NewClient($"a{number}"), _shape, _topics, alone)).ToList();
        await admins[0].CreateAllAsync();
        var producers = Enumerable.Range(0, _shape.Producers)
            .Select(number => new Sender(_cluster, NewClient($"p{number}"), _shape, _topics).RunAsync()).ToList();
        var others = Enumerable.Range(0, _shape.Readers)
            .Select(number => new Reader(_cluster, NewClient($"r{number}"), _shape, _topics).RunAsync())
            .Concat(admins.Select(admin => admin.RunAsync()))
            .Concat(Enumerable.Range(0, 2).Select(number => new Sweeper(NewClient($"s{number}"), _topics).RunAsync()))
            .Concat(Enumerable.Range(0, _shape.Members).Select(number =>
                new Member(_cluster, NewClient($"m{number}"), _shape.Groups[number % _shape.Groups.Count], _topics).RunAsync()))
            .Append(new Operator(_cluster, NewClient("o0"), _shape.Groups, _topics).RunAsync())
            .Append(new Nemesis(_cluster, _shape, _chance.Faults, _topics).RunAsync())
            .ToList();
        producers.Concat(others).ToList().ForEach(client => _ = _loop.ObserveAsync(() => client));
        await Task.WhenAny(Task.WhenAll(producers), Task.Delay(FaultsLast, _cluster.Service));
        _faults.Heal();
        _topics.Healed = true;
        await Task.WhenAll(producers.Concat(others));
    }

    // Without faults every instance, whatever it went through, appends and reads at once, and all see the same log.
    private async Task CalmAsync()
    {
        var client = NewClient("calm");
        client.Patience = CalmPatience;
        var (producer, reader) = (
            new Sender(_cluster, client, _shape, _topics), new Reader(_cluster, client, _shape, _topics));
        var instances = _cluster.Slots.Append(_cluster.Born(slot: -1)).ToList();
        foreach (var topic in _cluster.Audit.Topics.Live.ToList())
        {
            for (var partition = 0; partition < topic.Partitions; partition++)
            {
                foreach (var instance in instances)
                {
                    await SendAsync(producer, topic, partition, instance);
                }

                foreach (var instance in instances)
                {
                    await reader.ReadAllAsync(topic, partition, instance);
                }
            }
        }

        foreach (var group in _shape.Groups)
        {
            await new Convergence(_cluster, group, _topics, name => NewClient(name, CalmPatience)).RunAsync();
        }
    }

    private static async Task SendAsync(Sender producer, Topic topic, int partition, Instance? instance)
    {
        var outcome = await producer.SendAsync(topic, partition, instance);
        Guarantee.Holds(outcome != Outcome.Info, "A4", $"{topic.Name}-{partition}: no honest append without any fault.");
    }

    // Removal is where storage is taken away: it goes on for hours, on several instances, with all that can go wrong.
    private Task FaultyRemovalAsync() => Task.WhenAll(Enumerable.Range(2, 2).Select(async number =>
    {
        var client = NewClient($"s{number}");
        var sweeper = new Sweeper(client, _topics);
        for (var step = 0; step < FaultySweeps; step++)
        {
            await client.PauseAsync(client.Random.Between(TimeSpan.Zero, TimeSpan.FromMinutes(10)));
            await sweeper.SweepAsync(client.AnyInstance());
        }
    }));

    // What is deleted or past its time is gone in the end, whoever died while removing it.
    private async Task RemovalAsync()
    {
        var client = NewClient("calm");
        client.Patience = CalmPatience;
        var sweeper = new Sweeper(client, _topics);
        var instance = _cluster.Born(slot: -1);
        for (var hour = 0; hour < 6; hour++)
        {
            for (var steps = 0; await sweeper.SweepAsync(instance); steps++)
            {
                Guarantee.Holds(steps < 100, "A4", "The sweeps always find more to do.");
            }

            await client.PauseAsync(TimeSpan.FromMinutes(65));
        }

        await Residue.CheckAsync(_cluster);
        foreach (var group in _shape.Groups)
        {
            await GroupResidue.CheckAsync(_cluster, client, instance, group.Name);
        }
    }

    private Client NewClient(string name, TimeSpan? patience = null) =>
        new(_cluster, new Random(_chance.Workload.Next()), name) { Patience = patience };
}
