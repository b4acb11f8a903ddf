using Microsoft.Extensions.Logging;
using Serverless.Core.Groups.Rows;
using Serverless.Core.Storage;

namespace Serverless.Core.Groups;

/// <content>Expiry where nobody asks. Bounded, idempotent, and safe beside itself.</content>
public sealed partial class ConsumerGroups
{
    // Where the last page ended; only this process's memory, as every page may be done twice.
    private string? _sweptTo;

    public async ValueTask<bool> SweepAsync(CancellationToken cancellationToken)
    {
        var query = RowQuery.Prefix(IndexRow.Partition, IndexRow.LivePrefix, _options.SweepGroupsMax);
        var page = await _store.QueryAsync(
            GroupRows.Table, _sweptTo is null ? query : query with { From = _sweptTo }, cancellationToken);
        _sweptTo = page.More && page.Rows.Count > 0 ? RowsAfter(page) : null;
        foreach (var row in page.Rows)
        {
            var index = IndexRow.Decode(row.Columns);
            try
            {
                await SweepAsync(index, row, cancellationToken);
            }
            catch (StorageException e)
            {
                // The other groups must not wait for this one; the next sweep comes by again.
                SweepFailed(index.Group, e);
            }
        }

        return _sweptTo is not null;
    }

    private async ValueTask SweepAsync(IndexRow index, StoredRow row, CancellationToken cancellationToken)
    {
        var request = new GroupRequest<bool>(_rows, index.Group, null);
        while (true)
        {
            var (state, _) = await request.StateAsync(fresh: true, cancellationToken);
            var draft = new GroupDraft(state);
            var topics = await _topics.ForAsync(draft, cancellationToken);
            var overdue = Overdue(draft, state.ServedAt);
            if (Instances.Expire(draft, topics, state.ServedAt))
            {
                if ((await request.StepAsync(draft, cancellationToken)).Landed)
                {
                    foreach (var consumer in overdue)
                    {
                        ConsumerExpired(index.Group, consumer.Name);
                    }
                }

                continue;
            }

            if (await ForgetsDeletedTopicsAsync(draft, topics, cancellationToken))
            {
                await request.StepAsync(draft, cancellationToken);
                continue;
            }

            var isOver = state.Consumers.IsEmpty && state.ServedAt - index.TouchedAt > _options.IndexGrace;
            if (isOver)
            {
                // Under its ETag: whoever is creating an instance has touched it.
                await DropAsync([row], cancellationToken);
            }

            return;
        }
    }

    // Kafka too forgets a topic's offsets with the topic. An id is never used again, so a row of one that storage does not have
    // now says nothing to anybody; of what members own they let go themselves.
    private async ValueTask<bool> ForgetsDeletedTopicsAsync(
        GroupDraft draft, TopicList topics, CancellationToken cancellationToken)
    {
        bool IsLost(PartitionRow row) =>
            row.TopicId.Length > 0 && topics.Find(row.At.Topic)?.Id != row.TopicId && draft.OwnerOf(row) is null;

        var suspects = draft.State.Partitions.Values.Select(partition => partition.Row).Where(IsLost).ToList();
        topics = await _topics.RefreshedAsync(topics, suspects.Select(row => row.At.Topic).Distinct(), cancellationToken);
        foreach (var row in suspects.Where(IsLost).Take(draft.Room))
        {
            draft.Delete(row);
        }

        return !draft.IsEmpty;
    }

    private static List<ConsumerRow> Overdue(GroupDraft draft, DateTimeOffset now) =>
        [.. draft.Consumers.Values.Where(consumer => consumer.IsExpired(now) || consumer.LeaseIsOver(now))];

    [LoggerMessage(Level = LogLevel.Information,
        Message = "Expired consumer {Instance} of group {Group}.")]
    private partial void ConsumerExpired(string group, string instance);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The sweep left out group {Group}.")]
    private partial void SweepFailed(string group, Exception exception);
}
