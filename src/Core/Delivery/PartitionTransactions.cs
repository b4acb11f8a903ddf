using Serverless.Core.Groups;
using Serverless.Core.Log;
using Serverless.Core.Topics;
using Serverless.Core.Transactions;

namespace Serverless.Core.Delivery;

/// <summary>How a partition moves on together with records in another topic: one transaction, all of it or nothing.</summary>
/// <remarks>
/// Its transactional id is the partition's, so that whoever has the partition next fences this one, and decides what it left open. The
/// offset goes in only where the group still stands at what the records were read from (<see cref="GroupOffset.From"/>).
/// </remarks>
internal sealed class PartitionTransactions(
    ITransactions transactions, DeliveryOptions options, string group, string instance, TopicPartition at, string topicId)
{
    // A block of the log takes 4 MiB; keys, values and headers of one call stay well below.
    private const long ChunkBytesMax = 1024 * 1024;

    private readonly string _transactionalId = DeliveryKeys.TransactionalId(group, topicId, at.Partition);
    private TransactionInstance? _holder;

    /// <summary>Decides what an earlier holder of the partition, or an earlier attempt, has left open.</summary>
    public async ValueTask<ErrorCode> ResolveAsync(CancellationToken cancellationToken)
    {
        var answer = await transactions.InitAsync(_transactionalId, options.TransactionTimeout, cancellationToken);
        _holder = answer.Value;
        return answer.Error;
    }

    /// <summary>Appends the records, and moves the group on from one place to another.</summary>
    /// <returns>StaleMemberEpoch or ProducerFenced: the partition is another's, or stands elsewhere. Any other error: nothing has happened.</returns>
    /// <exception cref="Storage.StorageException">It may have happened.</exception>
    public async ValueTask<(ErrorCode Error, string? Message)> MoveAsync(
        Topic to, IReadOnlyList<ProduceRecord> records, OffsetMark from, OffsetMark next, CancellationToken cancellationToken)
    {
        var holder = _holder;
        _holder = null;
        if (holder is null)
        {
            if (await ResolveAsync(cancellationToken) is not ErrorCode.None and var refused)
            {
                return (refused, null);
            }

            (holder, _holder) = (_holder!, null);
        }

        var step = new TransactionStep(_transactionalId, holder.InstanceId);
        var begun = await transactions.BeginAsync(step, cancellationToken);
        if (begun.Value is not { } open)
        {
            return (begun.Error, begun.Message);
        }

        step = step with { Epoch = open.ProducerEpoch };
        var (error, message) = await FillAsync(step, to, records, from, next, cancellationToken);
        var ended = await transactions.EndAsync(step, commit: error == ErrorCode.None, cancellationToken);
        if (ended.Error == ErrorCode.None)
        {
            // The same instance goes on; after any doubt a new one begins, and decides what is left of this.
            _holder = holder;
        }

        return error != ErrorCode.None ? (error, message) : (ended.Error, ended.Message);
    }

    private async ValueTask<(ErrorCode Error, string? Message)> FillAsync(
        TransactionStep step, Topic to, IReadOnlyList<ProduceRecord> records, OffsetMark from, OffsetMark next,
        CancellationToken cancellationToken)
    {
        foreach (var chunk in Chunks(records))
        {
            var produced = await transactions.ProduceAsync(step, to, chunk, key: null, cancellationToken);
            var failed = produced.Value?.FirstOrDefault(outcome => outcome.Error != ErrorCode.None).Error ?? produced.Error;
            if (failed != ErrorCode.None)
            {
                return (failed, produced.Message ?? $"A record could not be appended to {to.Name}: {failed}.");
            }
        }

        var offset = new GroupOffset(at, next.Offset, next.Metadata) { From = from, FromTopicId = topicId };
        var added = await transactions.AddOffsetsAsync(step, group, instance, [offset], cancellationToken);
        return (added.Error, added.Message);
    }

    private static IEnumerable<IReadOnlyList<ProduceRecord>> Chunks(IReadOnlyList<ProduceRecord> records)
    {
        var (chunk, bytes) = (new List<ProduceRecord>(), 0L);
        foreach (var record in records)
        {
            var size = (record.Key?.Length ?? 0) + (record.Value?.Length ?? 0)
                + record.Headers.Sum(header => (header.Key.Length * 3L) + (header.Value?.Length ?? 0));
            if (chunk.Count > 0 && bytes + size > ChunkBytesMax)
            {
                yield return chunk;
                (chunk, bytes) = ([], 0);
            }

            chunk.Add(record);
            bytes += size;
        }

        if (chunk.Count > 0)
        {
            yield return chunk;
        }
    }
}
