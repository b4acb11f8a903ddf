using Serverless.Core.Delivery;
using Serverless.Simulation.Audit;
using Serverless.Simulation.Bugs;
using Serverless.Simulation.Engine;
using Serverless.Simulation.Workload;

namespace Serverless.Simulation.World;

/// <summary>A delivery in a short story: three batches of one record, the second of which is poison where there is a topic for it.</summary>
internal sealed class DeliveryStory
{
    private const string In = "in0";
    private const int Poison = 1, Records = 3;

    private static readonly TimeSpan StoryMax = TimeSpan.FromSeconds(40);

    private readonly Scenario _at;
    private readonly DeliveryAudit _audit;
    private readonly DeliveryShape _shape;
    private readonly Workers _workers;
    private readonly DeliveryOperator _by;
    private readonly DeliveryInputs _inputs;
    private readonly Chance _chance = new(2);

    private DeliveryStory(Scenario at, TargetKind target)
    {
        _at = at;
        _shape = DeliveryShape.Draw(_chance.Shape) with
        {
            Target = target,
            Topics = 1,
            HasPattern = false,
            StartsAtEnd = false,
            Buries = true,
            Filters = false,
            HasTotal = true,
            Options = new DeliveryOptions { IdleMax = TimeSpan.FromSeconds(2) },
            Fixed = settings => settings with
            {
                RecordsMax = 1,
                Linger = TimeSpan.Zero,
                Retry = new RetryPolicy { BackoffMin = TimeSpan.FromSeconds(0.1), AttemptsMax = settings.DeadLetterTopic is null ? null : 1 },
            },
        };
        _audit = new DeliveryAudit(DeliveryOperator.Group, at.Cluster.Audit, at.Loop)
        {
            IsCopied = target == TargetKind.Topic ? _ => true : null,
        };
        at.Cluster.Audit.Delivery = _audit;
        var receiver = new Receiver(at.Cluster, _audit, _shape, new Random(3))
        {
            Healed = true,
            IsPoison = sent => sent.Offsets.Contains(Poison),
        };
        _workers = new Workers(at.Cluster, _chance, _shape, receiver, PlantedBug.None) { Healed = true };
        _by = new DeliveryOperator(at.Client, _shape, _workers, _audit, [In]);
        _inputs = new DeliveryInputs(at.Cluster, at.Client, () => at.Cluster.Audit.Topics.Find(In)!, TimeSpan.Zero, _by.WakeAsync);
    }

    /// <summary>Makes the topics, the records and the delivery.</summary>
    public static async Task<DeliveryStory> BeginAsync(Scenario at, TargetKind target)
    {
        var story = new DeliveryStory(at, target);
        at.Check = story.CheckAsync;
        var topic = await at.CreateAsync(In);
        await at.CreateAsync(DeliveryAudit.Letters);
        await at.CreateAsync(DeliveryAudit.Copies);
        for (var sent = 0; sent < Records;)
        {
            sent += await story._inputs.SendAsync(topic, 0, await at.UpAsync(), records: 1) ? 1 : 0;
        }

        while (!await story._by.PutAsync())
        {
        }

        return story;
    }

    /// <summary>A worker delivers it all, or dies on the way.</summary>
    public async Task DeliverAsync()
    {
        await _at.UpAsync();
        await _by.WakeAsync();
        for (var began = _at.Loop.Now; _at.Loop.Now - began < StoryMax && !IsDone();)
        {
            await _at.Client.PauseAsync(TimeSpan.FromSeconds(0.1));
        }
    }

    private bool IsDone() => _audit.Logs.Any() && _audit.Logs.All(log => log.Row.Committed == log.Log.End);

    private Task CheckAsync() => new DeliveryCalm(
        _at.Cluster, _shape, _audit, _workers, new Random(4), _at.Client, _by, _inputs).ConvergeAsync(dies: true);
}
