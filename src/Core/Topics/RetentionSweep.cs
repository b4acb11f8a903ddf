using Microsoft.Extensions.Logging;
using Serverless.Core.Log;
using Serverless.Core.Storage;
using Serverless.Core.Storage.Rows;

namespace Serverless.Core.Topics;

/// <summary>Applies retention to all topics whose time has come; one query when there are none.</summary>
public sealed partial class RetentionSweep(
    IRowStore rows, PartitionLogs logs, TimeProvider clock, ILogger<RetentionSweep> logger)
{
    // A record may carry an older timestamp than those before it, so no topic is left alone for longer.
    private static readonly TimeSpan RestMax = TimeSpan.FromHours(1);

    /// <summary>One step; true when there is more to remove at once.</summary>
    public async ValueTask<bool> SweepAsync(CancellationToken cancellationToken)
    {
        var nowMs = clock.GetUtcNow().ToUnixTimeMilliseconds();
        var (topics, dueRows) = await ReadAsync(cancellationToken);
        var more = false;
        foreach (var topic in topics)
        {
            var dueRow = dueRows.GetValueOrDefault(RetentionDueRow.Row(topic.Name));
            if (RetentionDueRow.IsDue(dueRow, topic, nowMs))
            {
                more |= await SweepAsync(topic, dueRow, nowMs, cancellationToken);
            }
        }

        await RemoveOrphansAsync(topics, dueRows.Values, cancellationToken);
        return more;
    }

    private async ValueTask<bool> SweepAsync(
        Topic topic, StoredRow? dueRow, long nowMs, CancellationToken cancellationToken)
    {
        var due = nowMs + (long)RestMax.TotalMilliseconds;
        var more = false;
        for (var partition = 0; partition < topic.Partitions; partition++)
        {
            try
            {
                var answer = await logs.RetainAsync(topic, partition, cancellationToken);
                more |= answer.More;
                due = Math.Min(due, answer.DueAgainMs ?? nowMs);
            }
            catch (CorruptLogException corrupt)
            {
                // One bad segment must not keep every other partition's data for ever.
                RetentionStopped(corrupt, topic.Name, partition);
            }
            catch (StorageException failed)
            {
                // The other topics must not wait for this partition; the next sweep comes by again.
                due = nowMs;
                RetentionFailed(failed, topic.Name, partition);
            }
        }

        if (due > nowMs)
        {
            var columns = RetentionDueRow.Encode(topic, due);
            var row = RetentionDueRow.Row(topic.Name);
            await rows.SubmitAsync(
                Layout.TopicsTable,
                TopicRow.Partition,
                [dueRow is null ? RowAction.Insert(row, columns) : RowAction.Replace(row, columns, dueRow.ETag)],
                cancellationToken);
        }

        return more;
    }

    // Topics and their due rows share a partition key, so that one query finds both.
    private async ValueTask<(List<Topic> Topics, Dictionary<string, StoredRow> Due)> ReadAsync(
        CancellationToken cancellationToken)
    {
        var topics = new List<Topic>();
        var due = new Dictionary<string, StoredRow>(StringComparer.Ordinal);
        for (var query = new RowQuery(TopicRow.Partition, RetentionDueRow.Prefix, TopicRow.Prefix + "~"); ;)
        {
            var page = await rows.QueryAsync(Layout.TopicsTable, query, cancellationToken);
            foreach (var row in page.Rows)
            {
                if (row.Key.Row.StartsWith(RetentionDueRow.Prefix, StringComparison.Ordinal))
                {
                    due.Add(row.Key.Row, row);
                }
                else if (TopicRow.Decode(row) is { Deleting: false } stored)
                {
                    topics.Add(stored.Topic);
                }
            }

            if (!page.More)
            {
                return (topics, due);
            }

            query = query.Behind(page.Rows[^1].Key.Row);
        }
    }

    private async ValueTask RemoveOrphansAsync(
        List<Topic> topics, IEnumerable<StoredRow> dueRows, CancellationToken cancellationToken)
    {
        var wanted = topics.Select(topic => RetentionDueRow.Row(topic.Name)).ToHashSet(StringComparer.Ordinal);
        var orphans = dueRows.Where(row => !wanted.Contains(row.Key.Row)).Take(100)
            .Select(row => RowAction.Delete(row.Key.Row, row.ETag)).ToList();
        if (orphans.Count > 0)
        {
            await rows.SubmitAsync(Layout.TopicsTable, TopicRow.Partition, orphans, cancellationToken);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Retention of {Topic}-{Partition} stopped at a corrupt place.")]
    private partial void RetentionStopped(Exception exception, string topic, int partition);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Retention of {Topic}-{Partition} failed; the next sweep tries again.")]
    private partial void RetentionFailed(Exception exception, string topic, int partition);
}
