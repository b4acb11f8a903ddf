using Serverless.Core;
using Serverless.Core.Groups;
using Serverless.Core.Log;
using Serverless.Core.Topics;

namespace Serverless.Simulation.Bugs;

/// <summary>The log as it is: what a mistake is built on.</summary>
internal abstract class DelegatingLogs(IPartitionLogs logs) : IPartitionLogs
{
    public virtual ValueTask<AppendAnswer> AppendAsync(
        Topic topic, int partition, ReadOnlyMemory<byte> batch, AppendIdentity? identity, CancellationToken cancellationToken) =>
        logs.AppendAsync(topic, partition, batch, identity, cancellationToken);

    public virtual ValueTask<long> KnownEndAsync(Topic topic, int partition, CancellationToken cancellationToken) =>
        logs.KnownEndAsync(topic, partition, cancellationToken);

    public virtual ValueTask<ErrorCode> EndTransactionAsync(
        string topicId, int partition, long producerId, short producerEpoch, bool commit, CancellationToken cancellationToken) =>
        logs.EndTransactionAsync(topicId, partition, producerId, producerEpoch, commit, cancellationToken);

    public virtual ValueTask<IReadOnlyList<OpenTransaction>> OpenTransactionsAsync(
        Topic topic, int partition, CancellationToken cancellationToken) =>
        logs.OpenTransactionsAsync(topic, partition, cancellationToken);

    public virtual ValueTask<FetchAnswer> FetchAsync(
        Topic topic, int partition, long offset, int bytesMax, IsolationLevel isolation, CancellationToken cancellationToken) =>
        logs.FetchAsync(topic, partition, offset, bytesMax, isolation, cancellationToken);

    public virtual ValueTask<OffsetSnapshot> OffsetsAsync(Topic topic, int partition, CancellationToken cancellationToken) =>
        logs.OffsetsAsync(topic, partition, cancellationToken);

    public virtual ValueTask<OffsetAndTimestamp?> OffsetForTimestampAsync(
        Topic topic, int partition, long timestampMs, CancellationToken cancellationToken) =>
        logs.OffsetForTimestampAsync(topic, partition, timestampMs, cancellationToken);

    public virtual ValueTask<bool> WaitAsync(
        IReadOnlyList<PartitionPosition> positions, TimeSpan wait, CancellationToken cancellationToken) =>
        logs.WaitAsync(positions, wait, cancellationToken);
}
