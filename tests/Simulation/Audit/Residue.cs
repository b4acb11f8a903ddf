using Serverless.Core.Storage;
using Serverless.Core.Storage.Rows;
using Serverless.Simulation.Engine;
using Serverless.Simulation.Storage;
using Serverless.Simulation.World;

namespace Serverless.Simulation.Audit;

/// <summary>Nothing stays in storage that belongs to no topic, or lies below a log's start, once the sweeps have run.</summary>
/// <remarks>
/// One thing may: an empty blob that a late request made anew below a log's start. It goes when the start moves next.
/// </remarks>
internal static class Residue
{
    public static async Task CheckAsync(Cluster cluster)
    {
        var live = cluster.Audit.Topics.Live.Select(topic => topic.Id).ToHashSet(StringComparer.Ordinal);
        var blobs = await cluster.Blobs.ListAsync("", continuation: null, StorageRules.ListTakeMax, CancellationToken.None);
        foreach (var blob in blobs.Items)
        {
            var parts = blob.Name.Split('/');
            var log = cluster.Audit.Of(parts[0], int.Parse(parts[1], System.Globalization.CultureInfo.InvariantCulture));
            Guarantee.Holds(live.Contains(parts[0]), "A6", $"{Short.Blob(blob.Name)} belongs to no topic.");
            Guarantee.Holds(
                Layout.BaseOffset(blob.Name) >= log.Start || log.IsOutside(Layout.BaseOffset(blob.Name)), "A6", $"{Short.Blob(blob.Name)} lies below the start {log.Start}.");
        }

        foreach (var (topicId, partition) in cluster.Audit.Partitions.ToList())
        {
            var page = await cluster.Rows.QueryAsync(
                Layout.CheckpointsTable, new RowQuery(Layout.PartitionKey(topicId, partition)), CancellationToken.None);
            Guarantee.Holds(
                live.Contains(topicId) || page.Rows.Count == 0, "A6",
                $"{Short.Id(topicId)}/{partition} is of no topic and has {page.Rows.Count} rows.");
        }

        var topics = await cluster.Rows.QueryAsync(
            Layout.TopicsTable, new RowQuery(TopicRow.Partition), CancellationToken.None);
        Guarantee.Holds(
            topics.Rows.All(row => !row.Key.Row.StartsWith(DeletedTopicRow.Prefix, StringComparison.Ordinal)), "A6",
            "A deleted topic's row is left.");
        Guarantee.Holds(
            topics.Rows.Where(row => row.Key.Row.StartsWith(TopicRow.Prefix, StringComparison.Ordinal))
                .All(row => live.Contains(TopicRow.Decode(row).Topic.Id)), "A6", "The row of a deleted topic's name is left.");
    }
}
