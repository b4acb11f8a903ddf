using Serverless.Core;
using Serverless.Core.Delivery;
using Serverless.Core.Storage;
using Serverless.Simulation.Bugs;
using Serverless.Simulation.Engine;
using Serverless.Simulation.Workload;

namespace Serverless.Simulation.World;

/// <summary>Workers on the instances of a seed: calls that start them go anywhere, astray, or twice, and they die with their instance.</summary>
internal sealed class Workers(Cluster cluster, Chance chance, DeliveryShape shape, Receiver receiver, PlantedBug bug)
{
    private readonly Dictionary<Instance, DeliveryProcess> _processes = [];
    private readonly Random _random = new(chance.Workload.Next());

    /// <summary>From now on every call arrives, once.</summary>
    public bool Healed { get; set; }

    /// <summary>Slices that have begun.</summary>
    public int Begun { get; private set; }

    public DeliveryProcess Of(Instance at)
    {
        if (!_processes.TryGetValue(at, out var process))
        {
            var random = chance.Instance(100_000 + _processes.Count);
            process = _processes[at] = new DeliveryProcess(
                bug, at, random, shape.Options, receiver, cluster.Audit.Transactions, new Starter(this, at));
        }

        return process;
    }

    private sealed class Starter(Workers workers, Instance from) : IWorkerStarter
    {
        public async ValueTask StartAsync(string group, string instance, CancellationToken cancellationToken)
        {
            var reply = new TaskCompletionSource();
            if (cancellationToken.CanBeCanceled)
            {
                cancellationToken.Register(() => reply.TrySetCanceled(cancellationToken));
            }

            workers.Call(group, instance, told => Tell(from, () => _ = told is null ? reply.TrySetResult() : reply.TrySetException(told)));
            await reply.Task;
        }
    }

    private void Call(string group, string name, Action<WorkerStartException?> told)
    {
        var isAstray = !Healed && _random.Chance(shape.Astray);
        var arrives = !isAstray || _random.Chance(0.5);
        if (arrives && !Begin(group, name))
        {
            isAstray = true;
        }

        if (arrives && !Healed && _random.Chance(shape.Twice))
        {
            cluster.Loop.At(_random.Between(TimeSpan.Zero, TimeSpan.FromSeconds(30)), () => Begin(group, name));
        }

        cluster.Loop.At(
            isAstray ? _random.Between(TimeSpan.FromSeconds(0.1), TimeSpan.FromSeconds(20)) : cluster.Latency.Draw(_random),
            () => told(isAstray ? new WorkerStartException("Simulated: no answer.") : null));
    }

    private static void Tell(Instance to, Action told)
    {
        if (!to.Context.IsDead)
        {
            told();
        }
    }

    private bool Begin(string group, string name)
    {
        var up = cluster.Slots.OfType<Instance>().ToList();
        if (up.Count == 0)
        {
            return false;
        }

        var at = _random.Pick(up);
        cluster.History.Add(at.Name, $"begins as {Storage.Short.Id(name[DeliveryWorker.NamePrefix.Length..])}");
        Begun++;
        at.Context.Run(cluster.Latency.Draw(_random), () => _ = WorkAsync(at, group, name));
        return true;
    }

    // What it throws ends a call of the platform: those that are not storage's are bugs.
    private async Task WorkAsync(Instance at, string group, string name)
    {
        var (process, short1) = (Of(at), Storage.Short.Id(name[DeliveryWorker.NamePrefix.Length..]));
        at.Under++;
        using var over = new CancellationTokenSource(shape.Options.Slice, at.Clock);
        using var stops = !Healed && _random.Chance(shape.Stops)
            ? new CancellationTokenSource(_random.Between(TimeSpan.Zero, shape.Options.Slice), at.Clock)
            : new CancellationTokenSource();
        try
        {
            var end = await process.Worker.RunAsync(group, name, over.Token, stops.Token);
            cluster.History.Add(at.Name, $"{short1} ends: {end}");
            await process.Supervisor.FollowAsync(group, name, end, stops.Token);
        }
        catch (Exception e) when (e is StorageException or WorkerStartException
            || (e is OperationCanceledException && stops.IsCancellationRequested))
        {
            cluster.History.Add(at.Name, $"{short1} fails: {e.Message}");
        }
        catch (CorruptLogException corrupt)
        {
            cluster.Loop.Fail(new GuaranteeException("L13", $"The log stopped as corrupt. {corrupt}"));
        }
        catch (Exception exception)
        {
            cluster.Loop.Fail(exception as GuaranteeException ?? new GuaranteeException("A1", $"A worker cannot name this. {exception}"));
        }

        at.Under--;
    }
}
