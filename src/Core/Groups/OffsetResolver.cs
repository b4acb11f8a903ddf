using Serverless.Core.Log;

namespace Serverless.Core.Groups;

/// <summary>Turns what a caller names, an end, a time or an offset, into offsets of the logs as they are now.</summary>
/// <param name="isolation">Of whoever asks: with ReadCommitted the end is where nothing is undecided yet, as in Kafka.</param>
internal sealed class OffsetResolver(IPartitionLogs logs, IsolationLevel isolation = IsolationLevel.ReadUncommitted)
{
    /// <returns>The offset; -1 where the log says that there is no such partition.</returns>
    public async ValueTask<long> ResolveAsync(
        SeekTarget target, PartitionPosition at, CancellationToken cancellationToken)
    {
        if (target.Kind == SeekKind.Offset)
        {
            return target.Value;
        }

        if (target.Kind == SeekKind.Timestamp
            && await logs.OffsetForTimestampAsync(at.Topic, at.Partition, target.Value, cancellationToken) is { } found)
        {
            return found.Offset;
        }

        var offsets = await logs.OffsetsAsync(at.Topic, at.Partition, cancellationToken);
        return target.Kind == SeekKind.Beginning ? offsets.LogStartOffset : offsets.EndFor(isolation);
    }
}
