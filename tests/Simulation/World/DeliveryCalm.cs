using Serverless.Core.Delivery;
using Serverless.Core.Topics;
using Serverless.Simulation.Audit;
using Serverless.Simulation.Engine;
using Serverless.Simulation.Workload;

namespace Serverless.Simulation.World;

/// <summary>What must come of a delivery when faults have stopped: all of it, soon, and then quiet.</summary>
internal sealed class DeliveryCalm(
    Cluster cluster, DeliveryShape shape, DeliveryAudit audit, Workers workers, Random random, Client client, DeliveryOperator by,
    DeliveryInputs inputs)
{
    private static readonly TimeSpan Timer = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Idle = TimeSpan.FromMinutes(10);

    private const int Most = DeliveryShape.WorkersMax + 2;

    // A batch is a transaction at worst.
    private static readonly TimeSpan EachRecord = TimeSpan.FromSeconds(1), Slack = TimeSpan.FromSeconds(20);

    private IReadOnlyList<string> Names { get; } = [.. Enumerable.Range(0, shape.Topics).Select(number => $"in{number}")];

    private List<DeliveredLog> All => Sources(cluster, audit, Names);

    private DeliveryOptions Options => shape.Options;

    public static List<DeliveredLog> Sources(Cluster cluster, DeliveryAudit audit, IReadOnlyList<string> names) =>
    [
        .. names.Select(name => cluster.Audit.Topics.Find(name)).OfType<Topic>().SelectMany(
            topic => Enumerable.Range(0, topic.Partitions).Select(partition => audit.Of(topic.Id, new(topic.Name, partition)))),
    ];

    public async Task RunAsync()
    {
        BePatient();
        await SweepAsync(client);
        await DecideAllAsync();
        await by.PutAsync(paused: false);
        foreach (var log in All)
        {
            await inputs.SendAsync(cluster.Audit.Topics.Find(log.At.Topic)!, log.At.Partition, client.AnyInstance());
        }

        await by.WakeAsync();
        await client.PauseAsync(random.Between(TimeSpan.Zero, TimeSpan.FromSeconds(20)));
        var dies = random.Chance(0.5);
        if (dies)
        {
            await KillAllAsync();
        }

        await ConvergeAsync(dies);
    }

    /// <summary>From here on nothing fails: all comes to the target in time, then nobody works, and nothing is missing.</summary>
    /// <param name="dies">Whether a worker may have died just now.</param>
    public async Task ConvergeAsync(bool dies)
    {
        BePatient();
        var failed = audit.Policies.Max(policy => policy.BackoffMax) + TimeSpan.FromSeconds(30);
        var most = All.Max(log => log.Log.End - Math.Max(log.Start, log.Row.Committed));
        await WithinAsync(
            Options.SessionTimeout + (2 * Timer) + (5 * failed) + Options.TransactionTimeout + (most * EachRecord) + Slack, Waiting);

        // One after the other, as each gets the partitions of who left before; who died is there until its time is over.
        await WithinAsync(
            (Most * Options.IdleMax) + Slack + (dies ? (2 * Options.SessionTimeout) + (2 * Timer) : TimeSpan.Zero),
            () => audit.Consumers.Count == 0 ? null : $"{audit.Consumers.First().Name} is still in the group.");
        await RestAsync();
        await new DeliveryVerdict(cluster, shape, audit, client, All).CheckAsync(DecideAllAsync);
    }

    /// <summary>What the timers do besides looking after deliveries.</summary>
    public static async Task SweepAsync(Client client)
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

    private void BePatient() => client.Patience = by.Patience = TimeSpan.FromMinutes(1);

    // Nothing that somebody left open is to hold up what is measured, or read.
    private async Task DecideAllAsync()
    {
        for (var minutes = 0; cluster.Audit.Transactions.Logs.Any(log => log.LastStable < log.End); minutes++)
        {
            Guarantee.Holds(minutes < 10, "T9", "After ten minutes without a fault something is undecided.");
            await SweepAsync(client);
            await client.PauseAsync(Timer);
        }
    }

    private async Task KillAllAsync()
    {
        for (var slot = 0; slot < cluster.Slots.Count; slot++)
        {
            if (cluster.Slots[slot] is { } instance)
            {
                cluster.Crash(instance, slot);
            }
        }

        while (cluster.Slots.Any(slot => slot is null))
        {
            await client.PauseAsync(TimeSpan.FromSeconds(1));
        }
    }

    private string? Waiting() => All
        .Select(log => log.FirstUndoneBefore(log.Log.End) is { } undone ? $"{log.At}: {undone} has not come to the target."
            : log.Row.Committed < log.Log.End && log.Log.End > log.Log.Start ? $"{log.At}: the group is at {log.Row.Committed} of {log.Log.End}."
            : null)
        .FirstOrDefault(waits => waits is not null);

    private async Task WithinAsync(TimeSpan limit, Func<string?> waiting)
    {
        var began = cluster.Loop.Now;
        var next = began + random.Between(TimeSpan.Zero, Timer);
        while (waiting() is { } what)
        {
            Guarantee.Holds(cluster.Loop.Now - began < limit, "D7", $"After {limit} without a fault: {what}");
            if (cluster.Loop.Now >= next)
            {
                await by.LookAsync();
                await SweepAsync(client);
                next += Timer;
            }

            await client.PauseAsync(TimeSpan.FromSeconds(2));
        }
    }

    // Who has nothing to do asks nobody anything, and the timer does not make him.
    private async Task RestAsync()
    {
        await client.PauseAsync(Options.IdleMax + Slack);
        var (calls, begun) = (cluster.Table.Calls, workers.Begun);
        await client.PauseAsync(Idle);
        Guarantee.Holds(cluster.Table.Calls == calls, "D7", $"{cluster.Table.Calls - calls} storage calls were made in {Idle} of nothing to do.");
        await by.LookAsync();
        await client.PauseAsync(Timer);
        Guarantee.Holds(workers.Begun == begun, "D7", "A worker was started for nothing.");
    }
}
