using System.Globalization;

namespace Serverless.Core.Storage;

/// <summary>Every blob name and table name, once, with its lifetime.</summary>
/// <remarks>
/// <list type="table">
/// <item><term>segment blobs</term><description>Until retention passes them or their topic is removed.</description></item>
/// <item><term>topics</term><description>One row a topic; one a deleted topic until its blobs are gone.</description></item>
/// <item><term>checkpoints</term><description>Per partition: where the log starts, its rolled segments, its checkpoints.</description></item>
/// <item><term>groups</term><description>Per group: the group, its instances, its partitions, and rows of its own that its handlers keep. And the list of groups.</description></item>
/// <item><term>idempotency</term><description>One row an idempotency key, until it has expired.</description></item>
/// <item><term>producers</term><description>One row a producer id, until it is deleted or expires. And the next id, for ever.</description></item>
/// <item><term>transactions</term><description>One row a transactional id, until it has not been used for a week.</description></item>
/// <item><term>deliveries</term><description>One row a group that has one, until it is deleted. And the secret of calls to workers, for ever.</description></item>
/// <item><term>effects</term><description>One row an effect, until its result, or the claim that came to none, has expired.</description></item>
/// <item><term>acls</term><description>One row an ACL, until an hour after it is removed.</description></item>
/// </list>
/// </remarks>
public static class Layout
{
    public const string TopicsTable = "topics";

    public const string CheckpointsTable = "checkpoints";

    public const string GroupsTable = "groups";

    public const string IdempotencyTable = "idempotency";

    public const string ProducersTable = "producers";

    public const string TransactionsTable = "transactions";

    public const string DeliveriesTable = "deliveries";

    public const string EffectsTable = "effects";

    public const string AclsTable = "acls";

    /// <summary>A segment is named by the offset of its first record, so that names sort as offsets do.</summary>
    public static string Segment(string topicId, int partition, long baseOffset) =>
        string.Create(CultureInfo.InvariantCulture, $"{topicId}/{partition:D5}/{baseOffset:D20}");

    public static string PartitionPrefix(string topicId, int partition) =>
        string.Create(CultureInfo.InvariantCulture, $"{topicId}/{partition:D5}/");

    public static string TopicPrefix(string topicId) => $"{topicId}/";

    /// <summary>The base offset that a segment's name tells.</summary>
    public static long BaseOffset(string segment) =>
        long.Parse(segment.AsSpan(segment.LastIndexOf('/') + 1), NumberStyles.None, CultureInfo.InvariantCulture);

    public static string PartitionKey(string topicId, int partition) =>
        string.Create(CultureInfo.InvariantCulture, $"{topicId}|{partition:D5}");

    /// <summary>A number as a key part that sorts from the largest to the smallest.</summary>
    public static string Inverted(long offset) => (long.MaxValue - offset).ToString("D20", CultureInfo.InvariantCulture);

    public static string Ascending(long offset) => offset.ToString("D20", CultureInfo.InvariantCulture);
}
