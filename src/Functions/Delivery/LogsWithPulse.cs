using Serverless.Core;
using Serverless.Core.Groups;
using Serverless.Core.Log;
using Serverless.Core.Topics;

namespace Serverless.Functions.Delivery;

/// <summary>The logs, telling the pulse of all that is appended here: by producers, transactions, copies and dead letters.</summary>
internal sealed class LogsWithPulse(IPartitionLogs logs, Func<DeliveryPulse> pulse) : IPartitionLogs
{
    public async ValueTask<AppendAnswer> AppendAsync(
        Topic topic, int partition, ReadOnlyMemory<byte> batch, AppendIdentity? identity, CancellationToken cancellationToken)
    {
        var answer = await logs.AppendAsync(topic, partition, batch, identity, cancellationToken);
        if (answer.Error == ErrorCode.None)
        {
            pulse().Appended(topic.Id);
        }

        return answer;
    }

    public async ValueTask<ErrorCode> EndTransactionAsync(
        string topicId, int partition, long producerId, short producerEpoch, bool commit, CancellationToken cancellationToken)
    {
        var error = await logs.EndTransactionAsync(topicId, partition, producerId, producerEpoch, commit, cancellationToken);
        if (error == ErrorCode.None && commit)
        {
            pulse().Appended(topicId);
        }

        return error;
    }

    public ValueTask<long> KnownEndAsync(Topic topic, int partition, CancellationToken cancellationToken) =>
        logs.KnownEndAsync(topic, partition, cancellationToken);

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
