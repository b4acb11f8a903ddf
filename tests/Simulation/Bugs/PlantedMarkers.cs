using Serverless.Core;
using Serverless.Core.Log;

namespace Serverless.Simulation.Bugs;

/// <summary>The log as transactions see it, with a mistake between them and it.</summary>
internal sealed class PlantedMarkers(IPartitionLogs logs, PlantedBug bug) : DelegatingLogs(logs)
{
    public override ValueTask<ErrorCode> EndTransactionAsync(
        string topicId, int partition, long producerId, short producerEpoch, bool commit, CancellationToken cancellationToken)
    {
        switch (bug)
        {
            case PlantedBug.LeavesAMarkerOut when partition > 0:
                return new(ErrorCode.None);

            case PlantedBug.MarksOtherwise when partition > 0:
                return base.EndTransactionAsync(topicId, partition, producerId, producerEpoch, !commit, cancellationToken);

            case PlantedBug.MarksLater:
                _ = base.EndTransactionAsync(topicId, partition, producerId, producerEpoch, commit, CancellationToken.None).AsTask();
                return new(ErrorCode.None);

            default:
                return base.EndTransactionAsync(topicId, partition, producerId, producerEpoch, commit, cancellationToken);
        }
    }
}
