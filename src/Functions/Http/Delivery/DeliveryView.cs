using Serverless.Core.Delivery;
using Serverless.Core.Groups;

namespace Serverless.Functions.Http.Delivery;

/// <summary>A delivery and how it goes, as its group's rows and the logs tell.</summary>
internal sealed record DeliveryView(GroupDelivery Delivery, IReadOnlyList<PartitionProgress> Partitions, int Workers)
{
    /// <summary>The partition whose batch has failed most often; null where none has.</summary>
    public PartitionProgress? Worst => Partitions.Where(partition => partition.Range is { Attempts: > 0 })
        .MaxBy(partition => partition.Range!.Attempts);

    /// <summary>PAUSED; RETRYING where a batch has failed; RUNNING where somebody works; PENDING where somebody should; IDLE.</summary>
    public string State =>
        Delivery.Paused ? "PAUSED"
        : Worst is not null ? "RETRYING"
        : Workers > 0 ? "RUNNING"
        : Partitions.Any(partition => partition.Next < partition.StableEnd) ? "PENDING"
        : "IDLE";

    public static async ValueTask<DeliveryView> OfAsync(
        GroupDelivery delivery, DeliveryStates states, IConsumerGroups groups, CancellationToken cancellationToken)
    {
        var (partitions, _) = await states.PartitionsAsync(delivery, cancellationToken);
        var description = await groups.DescribeAsync(delivery.Group, cancellationToken);
        return new(delivery, partitions, DeliverySupervisor.LiveWorkers(description));
    }
}
