using Serverless.Core;
using Serverless.Core.Log;
using Serverless.Core.Topics;
using Serverless.Simulation.Audit;
using Serverless.Simulation.Bugs;
using Serverless.Simulation.Engine;
using Serverless.Simulation.Storage;
using Serverless.Simulation.Workload;

namespace Serverless.Simulation.World;

/// <summary>A short story on one instance whose storage calls are numbered: each may meet one fault by its number.</summary>
internal sealed class Scenario
{
    private const int TriesMax = 20;

    private readonly ScriptedFaults _plan;
    private readonly Func<Scenario, Task>? _before;
    private readonly Func<Scenario, Task> _story;
    private readonly Client _client;
    private readonly Sender _sender;

    private Scenario(IReadOnlyDictionary<int, Fault> faults, Func<Scenario, Task>? before, Func<Scenario, Task> story)
    {
        var chance = new Chance(1);
        _plan = new ScriptedFaults(faults);
        (_before, _story) = (before, story);
        Shape = SeedShape.Draw(chance.Shape) with
        {
            Instances = 1,
            SkewMax = TimeSpan.FromMinutes(10),
            Latency = new Latency(2, 0, 0),
            Options = new LogOptions
            {
                SegmentBlocksRoll = 2,
                BlockBytesMax = 3_000,
                CheckpointBytes = 4_000,
                RemovalDelay = TimeSpan.FromMinutes(10),
                StartAgeMax = TimeSpan.FromMinutes(3),
            },
        };
        Cluster = new Cluster(Loop, Shape, chance, _plan, PlantedBug.None);
        _client = new Client(Cluster, new Random(2), "c0");
        _sender = new Sender(Cluster, _client, Shape, Names);
    }

    public EventLoop Loop { get; } = new();

    public SeedShape Shape { get; }

    public Cluster Cluster { get; }

    public TopicNames Names { get; } = new(["topic0", "topic1"], changes: true);

    public Client Client => _client;

    /// <summary>Runs a story, then checks what it left. The number of calls that it made.</summary>
    public static int Run(IReadOnlyDictionary<int, Fault> faults, Func<Scenario, Task>? before, Func<Scenario, Task> story)
    {
        var scenario = new Scenario(faults, before, story);
        try
        {
            scenario.Loop.RunToEnd("scenario", scenario.RunAsync, TimeSpan.FromDays(2));
            scenario._plan.Counts = false;
            scenario.Loop.At(2 * FaultRates.LateMax, () => { });
            scenario.Loop.RunToEnd();
            scenario.Loop.RunToEnd("check", scenario.CheckAsync, TimeSpan.FromHours(1));
            return scenario._plan.CallsSeen;
        }
        catch (GuaranteeException broken)
        {
            var script = string.Join(", ", faults.Select(fault => $"call {fault.Key}: {fault.Value}"));
            throw new GuaranteeException(broken.Name, $"{broken.Message}\nwith {script}\n{scenario.Cluster.History}");
        }
    }

    public async Task<Topic> CreateAsync(string name = "topic0", string retentionMs = "-1", int partitions = 1)
    {
        var settings = new Dictionary<string, string?> { [TopicSetting.RetentionMs.Name] = retentionMs };
        await TriedAsync($"create {name}", async (at, cancellationToken) =>
        {
            var answer = await at.Topics.CreateAsync(name, partitions, settings, validateOnly: false, cancellationToken);
            return answer.Error is ErrorCode.None or ErrorCode.TopicAlreadyExists;
        });
        return Cluster.Audit.Topics.Find(name)!;
    }

    public async Task DeleteAsync(string name = "topic0")
    {
        var id = Cluster.Audit.Topics.Find(name)?.Id;
        await TriedAsync($"delete {name}", async (at, cancellationToken) =>
            (await at.Topics.DeleteAsync(name, cancellationToken)).Error is ErrorCode.None or ErrorCode.UnknownTopicOrPartition);
        if (id is not null && Cluster.Audit.Topics.Find(name)?.Id != id)
        {
            // Whoever marked it may have died; then another has to finish it, as the timer does.
            await SweepAsync();
            Names.Deleted(id);
        }
    }

    /// <summary>Sends one batch after the other, each again, as another, until it is acknowledged.</summary>
    public async Task SendAsync(Topic topic, int batches)
    {
        for (var sent = 0; sent < batches; sent++)
        {
            for (var attempt = 0; await _sender.SendAsync(topic, sent % topic.Partitions, await UpAsync()) != Outcome.Ok; attempt++)
            {
                Guarantee.Holds(attempt < TriesMax, "A4", "An append does not come to an end.");
            }
        }
    }

    public async Task SweepAsync()
    {
        await TriedAsync("retention", async (at, cancellationToken) => !await at.Retention.SweepAsync(cancellationToken));
        await TriedAsync("removal", async (at, cancellationToken) => !await at.Removal.SweepAsync(cancellationToken));
    }

    /// <summary>Calls until it is done and the client knows.</summary>
    public async Task TriedAsync(string what, Func<Instance, CancellationToken, ValueTask<bool>> call)
    {
        for (var attempt = 0; ; attempt++)
        {
            Guarantee.Holds(attempt < TriesMax, "A4", $"{what} does not come to an end.");
            if (await _client.CallAsync(await UpAsync(), what, call) is { Outcome: Outcome.Ok, Value: true })
            {
                return;
            }
        }
    }

    public async Task<Instance> UpAsync()
    {
        while (_client.AnyInstance() is null)
        {
            await _client.PauseAsync(TimeSpan.FromSeconds(1));
        }

        return _client.AnyInstance()!;
    }

    private async Task RunAsync()
    {
        await (_before?.Invoke(this) ?? Task.CompletedTask);
        _plan.Counts = true;
        await _story(this);
    }

    /// <summary>The group of this story, if it is one of a group.</summary>
    public GroupStory? Group { get; set; }

    /// <summary>The transaction of this story, if it is one of a transaction.</summary>
    public TransactionStory? Transaction { get; set; }

    /// <summary>The delivery of this story, if it is one of a delivery.</summary>
    public DeliveryStory? Delivery { get; set; }

    /// <summary>What must hold in the end, where that is not what holds for any log.</summary>
    public Func<Task>? Check { get; set; }

    private async Task CheckAsync()
    {
        _client.Patience = TimeSpan.FromMinutes(1);
        if (Check is not null)
        {
            await Check();
            return;
        }

        if (Group is not null)
        {
            // Its log had no faults.
            await Group.ComesToRestAsync();
            return;
        }

        var reader = new Reader(Cluster, _client, Shape, Names);
        foreach (var topic in Cluster.Audit.Topics.Live.ToList())
        {
            foreach (var instance in Cluster.Slots.Append(Cluster.Born(slot: -1)).ToList())
            {
                Guarantee.Holds(
                    await _sender.SendAsync(topic, 0, instance) == Outcome.Ok, "A4", $"{topic.Name} takes no append.");
                await reader.ReadAllAsync(topic, 0, instance);
            }
        }
    }
}
