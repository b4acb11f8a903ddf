using Serverless.Core;
using Serverless.Core.Delivery;
using Serverless.Simulation.Audit;
using Serverless.Simulation.Engine;
using Serverless.Simulation.World;

namespace Serverless.Simulation.Workload;

/// <summary>Makes the delivery, changes, pauses and resumes it, and has it looked after.</summary>
internal sealed class DeliveryOperator(
    Client client, DeliveryShape shape, Workers workers, DeliveryAudit audit, IReadOnlyList<string> topics)
{
    public const string Group = "delivered";

    private static readonly byte[] Secret = [1, 2, 3];

    private readonly Random _random = client.Random;

    public TimeSpan? Patience
    {
        get => client.Patience;
        set => client.Patience = value;
    }

    /// <summary>Makes it, or changes its settings; true when that is known to be done.</summary>
    public async Task<bool> PutAsync(bool? paused = null)
    {
        var settings = shape.Settings(_random, topics);
        audit.Policies.Add(settings.Retry);
        var reply = await client.CallAsync(
            client.AnyInstance(), "put the delivery",
            (at, token) => workers.Of(at).Admin.PutAsync(Group, settings, settings.Target is DeliveryTarget.Webhook ? Secret : null, paused, token));
        if (reply.Outcome != Outcome.Ok)
        {
            return false;
        }

        // Whoever makes it a second time, as the first one got no answer, may find workers at it already.
        Guarantee.Holds(
            reply.Value.Error is ErrorCode.None or ErrorCode.NonEmptyGroup or ErrorCode.UnstableOffsetCommit, "A1",
            $"The delivery was refused: {reply.Value.Error} {reply.Value.Message}");
        return reply.Value.Error == ErrorCode.None;
    }

    public async Task<bool> SetPausedAsync(bool paused)
    {
        var reply = await client.CallAsync(
            client.AnyInstance(), paused ? "pause" : "resume", (at, token) => workers.Of(at).Admin.SetPausedAsync(Group, paused, token));
        return reply.Outcome == Outcome.Ok;
    }

    /// <summary>Operators, while faults go on.</summary>
    public async Task RunAsync(Func<bool> isOver)
    {
        while (!isOver())
        {
            await client.PauseAsync(_random.Between(TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(60)));
            switch (_random.Next(10))
            {
                case < 2:
                    await SetPausedAsync(true);
                    await client.PauseAsync(_random.Between(TimeSpan.Zero, TimeSpan.FromSeconds(40)));
                    await SetPausedAsync(false);
                    break;
                case < 4:
                    await PutAsync();
                    break;
                case < 7:
                    await WakeAsync();
                    break;
                default:
                    if (audit.IsPaused)
                    {
                        await SetPausedAsync(false);
                    }

                    break;
            }
        }
    }

    /// <summary>The timer: each minute, on one instance or on two.</summary>
    public async Task LookAsync(Func<bool> isOver)
    {
        while (!isOver())
        {
            await client.PauseAsync(TimeSpan.FromMinutes(1));
            await Task.WhenAll(Enumerable.Range(0, _random.Chance(0.2) ? 2 : 1).Select(_ => LookAsync()));
        }
    }

    public Task LookAsync() => client.CallAsync(client.AnyInstance(), "look after deliveries", async (at, token) =>
    {
        await workers.Of(at).Supervisor.LookAsync(token);
        return true;
    });

    /// <summary>As when a record comes.</summary>
    public Task WakeAsync() => client.CallAsync(client.AnyInstance(), "wake the delivery", async (at, token) =>
    {
        try
        {
            if (await workers.Of(at).Deliveries.FindAsync(Group, token) is { } delivery)
            {
                await workers.Of(at).Supervisor.WakeAsync(delivery, token);
            }
        }
        catch (WorkerStartException)
        {
            // The timer comes by.
        }

        return true;
    });
}
