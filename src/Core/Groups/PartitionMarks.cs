using Serverless.Core.Log;

namespace Serverless.Core.Groups;

/// <summary>Reads of many partitions' logs, a few at a time.</summary>
internal sealed class PartitionMarks(IPartitionLogs logs, GroupOptions options)
{
    public ValueTask<IReadOnlyList<OffsetSnapshot>> OffsetsAsync(
        IReadOnlyList<PartitionPosition> partitions, CancellationToken cancellationToken) =>
        ForEachAsync(partitions, at => logs.OffsetsAsync(at.Topic, at.Partition, cancellationToken));

    public ValueTask<IReadOnlyList<FetchAnswer>> FetchAsync(
        IReadOnlyList<PartitionPosition> partitions, int bytesMax, IsolationLevel isolation, CancellationToken cancellationToken) =>
        ForEachAsync(
            partitions, at => logs.FetchAsync(at.Topic, at.Partition, at.Offset, bytesMax, isolation, cancellationToken));

    private async ValueTask<IReadOnlyList<T>> ForEachAsync<T>(
        IReadOnlyList<PartitionPosition> partitions, Func<PartitionPosition, ValueTask<T>> read)
    {
        var answers = new List<T>(partitions.Count);
        for (var from = 0; from < partitions.Count; from += options.ReadsAtOnceMax)
        {
            answers.AddRange(await Task.WhenAll(
                partitions.Skip(from).Take(options.ReadsAtOnceMax).Select(at => read(at).AsTask())));
        }

        return answers;
    }
}
