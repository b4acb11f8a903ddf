using System.Runtime.ExceptionServices;
using Serverless.Core.Log;
using Serverless.Core.Storage;
using Serverless.Core.Storage.Rows;

namespace Serverless.Core.Topics;

/// <summary>Finishes deletions that a crash left open, and removes the blobs and rows of deleted topics.</summary>
/// <remarks>
/// A topic's blobs stay for <see cref="TombstoneAge"/> after its deletion, so that all who still know it meet the end of
/// its log, and its closed start rows for twice that: whoever appends in between finds them, and makes no blob that nobody
/// would remove. Ages are told by the storage service's clock alone.
/// </remarks>
public sealed class TopicSweep(IRowStore rows, IBlobStore blobs, TopicCatalog catalog)
{
    /// <summary>Longer than any request lives (Azure's front end cuts at 230 s) and than an instance goes by what it knows.</summary>
    public TimeSpan TombstoneAge { get; init; } = TimeSpan.FromHours(1);

    private const int DeletesMax = 200;
    private const int TopicsMax = 100;

    // Where the pages that are done end; only this process's memory, as every page may be done twice.
    private string? _sweptTo;

    /// <summary>One bounded step; true when there is more. May run twice, late, or at once with itself.</summary>
    /// <exception cref="StorageException">
    /// A topic could not be closed, and all else that there was to do is done; or storage failed on the way.
    /// </exception>
    public async ValueTask<bool> SweepAsync(CancellationToken cancellationToken)
    {
        // A topic that cannot be closed must not keep what all others have stored.
        ExceptionDispatchInfo? failed = null;
        foreach (var topic in await DeletingAsync(cancellationToken))
        {
            try
            {
                await catalog.FinishDeleteAsync(topic, cancellationToken);
            }
            catch (StorageException exception)
            {
                failed ??= ExceptionDispatchInfo.Capture(exception);
            }
        }

        var more = await RemovePageAsync(cancellationToken);
        if (!more)
        {
            failed?.Throw();
        }

        return more;
    }

    private async ValueTask<List<Topic>> DeletingAsync(CancellationToken cancellationToken)
    {
        var deleting = new List<Topic>();
        for (var query = RowQuery.Prefix(TopicRow.Partition, TopicRow.Prefix); ;)
        {
            var page = await rows.QueryAsync(Layout.TopicsTable, query, cancellationToken);
            deleting.AddRange(page.Rows.Select(TopicRow.Decode).Where(stored => stored is { Deleting: true, Freed: false }).Select(stored => stored.Topic));
            if (!page.More)
            {
                return deleting;
            }

            query = query.Behind(page.Rows[^1].Key.Row);
        }
    }

    // A page is left only when nothing more is to be removed for its topics: so each step gets on, and none spins.
    private async ValueTask<bool> RemovePageAsync(CancellationToken cancellationToken)
    {
        var query = RowQuery.Prefix(TopicRow.Partition, DeletedTopicRow.Prefix, TopicsMax);
        var page = await rows.QueryAsync(
            Layout.TopicsTable, _sweptTo is { } done ? query.Behind(done) : query, cancellationToken);
        var more = false;
        foreach (var row in page.Rows)
        {
            var topic = DeletedTopicRow.Decode(row);
            var age = page.ServedAt - topic.DeletedAt;
            more |= age >= TombstoneAge && await RemoveAsync(topic, age, cancellationToken);
        }

        if (!more)
        {
            _sweptTo = page.More ? page.Rows[^1].Key.Row : null;
        }

        return more || page.More;
    }

    private async ValueTask<bool> RemoveAsync(DeletedTopic topic, TimeSpan age, CancellationToken cancellationToken)
    {
        var page = await blobs.ListAsync(Layout.TopicPrefix(topic.Id), continuation: null, DeletesMax, cancellationToken);
        foreach (var item in page.Items)
        {
            await blobs.DeleteAsync(item.Name, item.ETag, cancellationToken);
        }

        if (page.Items.Count > 0)
        {
            // Another look tells whether they are gone, and whether there are more.
            return true;
        }

        if (age < 2 * TombstoneAge)
        {
            return false;
        }

        var more = false;
        for (var partition = 0; partition < topic.Partitions; partition++)
        {
            more |= await new PartitionRows(rows, topic.Id, partition).RemoveAllAsync(cancellationToken);
        }

        if (!more)
        {
            await ForgetAsync(topic, cancellationToken);
        }

        return more;
    }

    // The row that keeps the name from late requests goes too, unless the name has been given to another topic.
    private async ValueTask ForgetAsync(DeletedTopic topic, CancellationToken cancellationToken)
    {
        var read = await rows.GetAsync(
            Layout.TopicsTable, new RowKey(TopicRow.Partition, TopicRow.Row(topic.Name)), cancellationToken);
        List<RowAction> actions = [RowAction.Delete(DeletedTopicRow.Row(topic.Id), topic.ETag!)];
        if (read.Row is { } row && TopicRow.Decode(row) is { Freed: true } freed && freed.Topic.Id == topic.Id)
        {
            actions.Add(RowAction.Delete(row.Key.Row, row.ETag));
        }

        await rows.SubmitAsync(Layout.TopicsTable, TopicRow.Partition, actions, cancellationToken);
    }
}
