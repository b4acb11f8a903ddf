using Serverless.Core.Log;
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

    public required StepBatcher Steps { get; init; }

    public required IPartitionLogs Logs { get; init; }

    public required ITopicCatalog Topics { get; init; }

    public required ITransactions Transactions { get; init; }

    public required DeliveryOptions Options { get; init; }

    public required TimeProvider Clock { get; init; }

    public required Random Random { get; init; }

    public required Func<string, CancellationToken, ValueTask> Pause { get; init; }

    /// <summary>The service's clock, as the last answer told it, and when that was.</summary>
    public (DateTimeOffset Now, long At) Served { get; set; }

    public DateTimeOffset Now => Served.Now + Clock.GetElapsedTime(Served.At);

    public ValueTask PauseAsync(string because, CancellationToken cancellationToken) => Pause(because, cancellationToken);

    public double Chance()
    {
        lock (_chance)
        {
            return Random.NextDouble();
        }
    }
}
