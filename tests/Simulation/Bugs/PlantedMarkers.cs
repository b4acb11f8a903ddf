using Serverless.Core;
using Serverless.Core.Groups;
using Serverless.Core.Log;
using Serverless.Core.Topics;

namespace Serverless.Simulation.Bugs;

/// <summary>The log as transactions see it, with a mistake between them and it.</summary>
internal sealed class PlantedMarkers(IPartitionLogs logs, PlantedBug bug) : IPartitionLogs
{
    public ValueTask<AppendAnswer> AppendAsync(
        Topic topic, int partition, ReadOnlyMemory<byte> batch, AppendIdentity? identity, CancellationToken cancellationToken) =>
        logs.AppendAsync(topic, partition, batch, identity, cancellationToken);

    public ValueTask<long> KnownEndAsync(Topic topic, int partition, CancellationToken cancellationToken) =>
        logs.KnownEndAsync(topic, partition, cancellationToken);

    public ValueTask<ErrorCode> EndTransactionAsync(
        string topicId, int partition, long producerId, short producerEpoch, bool commit, CancellationToken cancellationToken)
    {
        switch (bug)
        {
            case PlantedBug.LeavesAMarkerOut when partition > 0:
                return new(ErrorCode.None);

            case PlantedBug.MarksOtherwise when partition > 0:
                return logs.EndTransactionAsync(topicId, partition, producerId, producerEpoch, !commit, cancellationToken);

            case PlantedBug.MarksLater:
                _ = logs.EndTransactionAsync(topicId, partition, producerId, producerEpoch, commit, CancellationToken.None).AsTask();
                return new(ErrorCode.None);

            default:
                return logs.EndTransactionAsync(topicId, partition, producerId, producerEpoch, commit, cancellationToken);
        }
    }

    public ValueTask<IReadOnlyList<OpenTransaction>> OpenTransactionsAsync(
        Topic topic, int partition, CancellationToken cancellationToken) =>
        logs.OpenTransactionsAsync(topic, partition, cancellationToken);

    public ValueTask<FetchAnswer> FetchAsync(
        Topic topic, int partition, long offset, int bytesMax, IsolationLevel isolation, CancellationToken cancellationToken) =>
        logs.FetchAsync(topic, partition, offset, bytesMax, isolation, cancellationToken);

    public ValueTask<OffsetSnapshot> OffsetsAsync(Topic topic, int partition, CancellationToken cancellationToken) =>
        logs.OffsetsAsync(topic, partition, cancellationToken);

    public ValueTask<OffsetAndTimestamp?> OffsetForTimestampAsync(
        Topic topic, int partition, long timestampMs, CancellationToken cancellationToken) =>
        logs.OffsetForTimestampAsync(topic, partition, timestampMs, cancellationToken);

    public ValueTask<bool> WaitAsync(
        IReadOnlyList<PartitionPosition> positions, TimeSpan wait, CancellationToken cancellationToken) =>
        logs.WaitAsync(positions, wait, cancellationToken);
}
