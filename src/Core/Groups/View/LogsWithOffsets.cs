using Serverless.Core.Log;
using Serverless.Core.Topics;

namespace Serverless.Core.Groups.View;

/// <summary>The logs, and <see cref="OffsetsTopic"/> as if it were one of them.</summary>
public sealed class LogsWithOffsets(IPartitionLogs logs, OffsetsView view, TimeProvider clock) : IPartitionLogs
{
    /// <summary>The view takes nothing: InvalidTopic, as Kafka answers clients that produce to it.</summary>
    public ValueTask<AppendAnswer> AppendAsync(
        Topic topic, int partition, ReadOnlyMemory<byte> batch, AppendIdentity? identity, CancellationToken cancellationToken) =>
        IsView(topic)
            ? new(new AppendAnswer(ErrorCode.InvalidTopic, -1))
            : logs.AppendAsync(topic, partition, batch, identity, cancellationToken);

    public async ValueTask<long> KnownEndAsync(Topic topic, int partition, CancellationToken cancellationToken) => IsView(topic)
        ? (await view.ReadAsync(partition, cancellationToken)).End
        : await logs.KnownEndAsync(topic, partition, cancellationToken);

    public ValueTask<ErrorCode> EndTransactionAsync(
        string topicId, int partition, long producerId, short producerEpoch, bool commit, CancellationToken cancellationToken) =>
        topicId == OffsetsTopic.Topic.Id
            ? new(ErrorCode.None)
            : logs.EndTransactionAsync(topicId, partition, producerId, producerEpoch, commit, cancellationToken);

    public ValueTask<IReadOnlyList<OpenTransaction>> OpenTransactionsAsync(
        Topic topic, int partition, CancellationToken cancellationToken) =>
        IsView(topic) ? new([]) : logs.OpenTransactionsAsync(topic, partition, cancellationToken);

    public async ValueTask<FetchAnswer> FetchAsync(
        Topic topic, int partition, long offset, int bytesMax, IsolationLevel isolation, CancellationToken cancellationToken) =>
        IsView(topic)
            ? (await view.ReadAsync(partition, cancellationToken)).Fetch(offset, bytesMax)
            : await logs.FetchAsync(topic, partition, offset, bytesMax, isolation, cancellationToken);

    public async ValueTask<OffsetSnapshot> OffsetsAsync(Topic topic, int partition, CancellationToken cancellationToken)
    {
        if (!IsView(topic))
        {
            return await logs.OffsetsAsync(topic, partition, cancellationToken);
        }

        var end = (await view.ReadAsync(partition, cancellationToken)).End;
        return new OffsetSnapshot(0, end, end);
    }

    public async ValueTask<OffsetAndTimestamp?> OffsetForTimestampAsync(
        Topic topic, int partition, long timestampMs, CancellationToken cancellationToken) => IsView(topic)
        ? (await view.ReadAsync(partition, cancellationToken)).At(timestampMs)
        : await logs.OffsetForTimestampAsync(topic, partition, timestampMs, cancellationToken);

    public async ValueTask<bool> WaitAsync(
        IReadOnlyList<PartitionPosition> positions, TimeSpan wait, CancellationToken cancellationToken)
    {
        var viewed = positions.Where(at => IsView(at.Topic)).ToList();
        if (viewed.Count == 0)
        {
            return await logs.WaitAsync(positions, wait, cancellationToken);
        }

        if (viewed.Count == positions.Count)
        {
            return await WaitForCommitsAsync(viewed, wait, cancellationToken);
        }

        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var commits = WaitForCommitsAsync(viewed, wait, over.Token).AsTask();
        var appends = logs.WaitAsync([.. positions.Where(at => !IsView(at.Topic))], wait, over.Token).AsTask();
        try
        {
            var first = await Task.WhenAny(commits, appends);
            return await first || await (first == commits ? appends : commits);
        }
        finally
        {
            // The other wait has ended too before anyone goes on; how it ended is no matter.
            over.Cancel();
            await Task.WhenAny(Task.WhenAll(commits, appends));
        }
    }

    private async ValueTask<bool> WaitForCommitsAsync(
        IReadOnlyList<PartitionPosition> positions, TimeSpan wait, CancellationToken cancellationToken)
    {
        var began = clock.GetTimestamp();
        for (var pause = view.Options.PauseMin; ; pause = Min(pause * 2, view.Options.PauseMax))
        {
            foreach (var at in positions)
            {
                if ((await view.ReadAsync(at.Partition, cancellationToken)).End > at.Offset)
                {
                    return true;
                }
            }

            var left = wait - clock.GetElapsedTime(began);
            if (left <= TimeSpan.Zero)
            {
                return false;
            }

            await Task.Delay(Min(pause, left), clock, cancellationToken);
        }
    }

    private static TimeSpan Min(TimeSpan one, TimeSpan other) => one < other ? one : other;

    private static bool IsView(Topic topic) => topic.Id == OffsetsTopic.Topic.Id;
}
