using Serverless.Core.Groups.Rows;
using Serverless.Core.Storage;
using Serverless.Core.Topics;

namespace Serverless.Core.Groups.View;

/// <summary>Reads the rows that <see cref="OffsetsTopic"/> shows: the list of groups, and of each group of a partition its offsets.</summary>
/// <remarks>
/// A look costs a query a thousand groups, and one a group of the partition; nothing while nobody reads. What is read is remembered
/// for a moment, so that the fifty partitions of one poll cost one list.
/// </remarks>
public sealed class OffsetsView(IRowStore store, ITopicCatalog topics, TimeProvider clock, OffsetsViewOptions options)
{
    private const string ListGate = "list";

    private readonly KeyedGate _gates = new();
    private readonly OffsetsPartition?[] _partitions = new OffsetsPartition?[OffsetsTopic.Partitions];
    private readonly long[] _readAt = new long[OffsetsTopic.Partitions];
    private Listing? _listing;

    private sealed record Listing(ILookup<int, string> Groups, DateTimeOffset ServedAt, long ReadAt);

    public OffsetsViewOptions Options => options;

    /// <summary>A partition as it was a moment ago.</summary>
    internal async ValueTask<OffsetsPartition> ReadAsync(int partition, CancellationToken cancellationToken)
    {
        using var one = await _gates.EnterAsync(partition.ToString("D", null), cancellationToken);
        if (_partitions[partition] is { } known && IsYoung(_readAt[partition]))
        {
            return known;
        }

        var readAt = clock.GetTimestamp();
        var listing = await ListAsync(cancellationToken);
        var rows = new List<(string Group, PartitionRow Row)>();
        foreach (var some in listing.Groups[partition].Chunk(options.ReadsAtOnceMax))
        {
            var read = await Task.WhenAll(some.Select(group => ReadAsync(group, cancellationToken)));
            rows.AddRange(some.Zip(read).SelectMany(group => group.Second.Select(row => (group.First, row))));
        }

        // The list was read first. What was committed long enough before it is in the rows, by whatever group.
        var shown = await OfThisTopicAsync(rows, cancellationToken);
        (_partitions[partition], _readAt[partition]) = (OffsetsPartition.Of(shown, listing.ServedAt - options.SettleTime), readAt);
        return _partitions[partition]!;
    }

    private async ValueTask<Listing> ListAsync(CancellationToken cancellationToken)
    {
        using var one = await _gates.EnterAsync(ListGate, cancellationToken);
        if (_listing is { } known && IsYoung(known.ReadAt))
        {
            return known;
        }

        var readAt = clock.GetTimestamp();
        DateTimeOffset? servedAt = null;
        var groups = new List<string>();
        await foreach (var page in PagesAsync(RowQuery.Prefix(IndexRow.Partition, IndexRow.AllPrefix), cancellationToken))
        {
            servedAt ??= page.ServedAt;
            groups.AddRange(page.Rows.Select(row => IndexRow.Decode(row.Columns).Group));
        }

        return _listing = new Listing(groups.ToLookup(OffsetsTopic.PartitionOf), servedAt!.Value, readAt);
    }

    private async Task<List<PartitionRow>> ReadAsync(string group, CancellationToken cancellationToken)
    {
        var rows = new List<PartitionRow>();
        await foreach (var page in PagesAsync(RowQuery.Prefix(KeyEncoding.Encode(group), PartitionRow.Prefix), cancellationToken))
        {
            rows.AddRange(page.Rows.Select(row => PartitionRow.Decode(row.Columns)));
        }

        return rows;
    }

    private async IAsyncEnumerable<RowPage> PagesAsync(
        RowQuery query, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            var page = await store.QueryAsync(GroupRows.Table, query, cancellationToken);
            yield return page;
            if (!page.More || page.Rows.Count == 0)
            {
                break;
            }

            query = query.Behind(page.Rows[^1].Key.Row);
        }
    }

    // Offsets of a topic that is gone are kept for nobody. The catalogue's list may be too old to know a new one, so it is asked again.
    private async ValueTask<IReadOnlyList<(string Group, PartitionRow Row)>> OfThisTopicAsync(
        List<(string Group, PartitionRow Row)> rows, CancellationToken cancellationToken)
    {
        var ids = (await topics.ListAsync(cancellationToken)).ToDictionary(topic => topic.Name, topic => topic.Id, StringComparer.Ordinal);
        var doubtful = rows.Where(each => ids.GetValueOrDefault(each.Row.At.Topic) != each.Row.TopicId)
            .Select(each => each.Row.At.Topic).Distinct().ToList();
        foreach (var name in doubtful)
        {
            ids[name] = (await topics.RefreshAsync(name, cancellationToken))?.Id ?? "";
        }

        return [.. rows.Where(each => ids.GetValueOrDefault(each.Row.At.Topic) == each.Row.TopicId)];
    }

    private bool IsYoung(long readAt) => clock.GetElapsedTime(readAt) < options.CacheAgeMax;
}
