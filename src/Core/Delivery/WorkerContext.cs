using Serverless.Core.Log;
using Serverless.Core.Storage;
using Serverless.Core.Telemetry;
using Serverless.Core.Topics;
using Serverless.Core.Transactions;

namespace Serverless.Core.Delivery;

/// <summary>What the partitions of one worker have in common.</summary>
internal sealed class WorkerContext
{
    private readonly Lock _chance = new();

    public required GroupDelivery Delivery { get; init; }

    public required string Instance { get; init; }

    /// <summary>Null where the target is a topic.</summary>
    public required IDeliveryTarget? Target { get; init; }

    /// <summary>Only so many partitions hold records at once.</summary>
    public required Turnstile Turns { get; init; }

    public required StepBatcher Steps { get; init; }

    public required IPartitionLogs Logs { get; init; }

    public required ITopicCatalog Topics { get; init; }

    public required ITransactions Transactions { get; init; }

    public required DeliveryOptions Options { get; init; }

    public required TimeProvider Clock { get; init; }

    public required Random Random { get; init; }

    public required LogMetrics Metrics { get; init; }

    /// <summary>Pauses the delivery, for a reason.</summary>
    public required Func<string, CancellationToken, ValueTask> PauseAsync { get; init; }

    /// <summary>Told by each share, and so known before there is any partition.</summary>
    public required ServedClock Served { get; init; }

    public DateTimeOffset Now => Served.Now!.Value;

    public double Chance()
    {
        lock (_chance)
        {
            return Random.NextDouble();
        }
    }
}
