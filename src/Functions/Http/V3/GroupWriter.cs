using System.Globalization;
using System.Text.Json;
using Serverless.Core;
using Serverless.Core.Groups;

namespace Serverless.Functions.Http.V3;

/// <summary>Groups, their members and their lag as v3 shows them. A consumer's id and its client's id are its instance's name.</summary>
internal static class GroupWriter
{
    public static Problem GroupNotFound { get; } = Problem.NotFound("Consumer group not found.");

    public static void Group(Utf8JsonWriter json, Links links, GroupDescription group)
    {
        var self = links.Group(group.Group);
        Begin(json, "KafkaConsumerGroup", self, links, group.Group);
        json.WriteBoolean("is_simple"u8, group.IsSimple);
        json.WriteString("partition_assignor"u8, group.Assignor);
        json.WriteString("state"u8, group.State);
        V3Writer.Related(json, "coordinator", $"{links.Cluster}/brokers/0");
        V3Writer.Related(json, "consumers", $"{self}/consumers");
        V3Writer.Related(json, "lag_summary", $"{self}/lag-summary");
        json.WriteEndObject();
    }

    public static MemberDescription MemberOrThrow(GroupDescription group, string consumer) =>
        group.Members.FirstOrDefault(member => member.Instance == consumer)
        ?? throw new RequestException(Problem.NotFound("Consumer not found."));

    public static void Consumer(Utf8JsonWriter json, Links links, string group, MemberDescription member)
    {
        var self = links.Consumer(group, member.Instance);
        Begin(json, "KafkaConsumer", self, links, group, ("consumer", member.Instance));
        json.WriteString("consumer_id"u8, member.Instance);
        json.WriteString("instance_id"u8, member.GroupInstanceId);
        json.WriteString("client_id"u8, member.Instance);
        V3Writer.Related(json, "assignments", $"{self}/assignments");
        json.WriteEndObject();
    }

    public static void Assignment(Utf8JsonWriter json, Links links, string group, MemberDescription member, TopicPartition at)
    {
        var number = at.Partition.ToString(CultureInfo.InvariantCulture);
        Begin(
            json, "KafkaConsumerAssignment", $"{links.Consumer(group, member.Instance)}/assignments/{at.Topic}/partitions/{number}", links,
            group, ("consumer", member.Instance), ("assignment", at.Topic), ("partition", number));
        json.WriteString("consumer_id"u8, member.Instance);
        json.WriteString("topic_name"u8, at.Topic);
        json.WriteNumber("partition_id"u8, at.Partition);
        V3Writer.Related(json, "partition", links.Partition(at.Topic, at.Partition));
        V3Writer.Related(json, "lag", LagUrl(links, group, at));
        json.WriteEndObject();
    }

    public static void Lag(Utf8JsonWriter json, Links links, string group, PartitionLag lag, string groupInstanceId)
    {
        var number = lag.At.Partition.ToString(CultureInfo.InvariantCulture);
        Begin(
            json, "KafkaConsumerLag", LagUrl(links, group, lag.At), links, group, ("lag", lag.At.Topic), ("partition", number));
        json.WriteString("topic_name"u8, lag.At.Topic);
        json.WriteNumber("partition_id"u8, lag.At.Partition);
        json.WriteString("consumer_id"u8, lag.Owner);
        json.WriteString("instance_id"u8, groupInstanceId);
        json.WriteString("client_id"u8, lag.Owner);
        json.WriteNumber("current_offset"u8, lag.Committed);
        json.WriteNumber("log_end_offset"u8, lag.EndOffset);
        json.WriteNumber("lag"u8, lag.Lag);
        json.WriteEndObject();
    }

    public static void LagSummary(Utf8JsonWriter json, Links links, string group, GroupLags lags)
    {
        var worst = lags.Partitions.MaxBy(lag => lag.Lag);
        Begin(json, "KafkaConsumerGroupLagSummary", $"{links.Group(group)}/lag-summary", links, group, ("lag-summary", ""));
        json.WriteString("max_lag_consumer_id"u8, worst.Owner);
        json.WriteString("max_lag_instance_id"u8, lags.GroupInstanceId(worst.Owner));
        json.WriteString("max_lag_client_id"u8, worst.Owner);
        json.WriteString("max_lag_topic_name"u8, worst.At.Topic);
        json.WriteNumber("max_lag_partition_id"u8, worst.At.Partition);
        json.WriteNumber("max_lag"u8, worst.Lag);
        json.WriteNumber("total_lag"u8, lags.Partitions.Sum(lag => lag.Lag));
        V3Writer.Related(json, "max_lag_consumer", links.Consumer(group, worst.Owner));
        V3Writer.Related(json, "max_lag_partition", links.Partition(worst.At.Topic, worst.At.Partition));
        json.WriteEndObject();
    }

    private static string LagUrl(Links links, string group, TopicPartition at) =>
        $"{links.Group(group)}/lags/{at.Topic}/partitions/{at.Partition}";

    private static void Begin(
        Utf8JsonWriter json, string kind, string self, Links links, string group, params ReadOnlySpan<(string, string)> below)
    {
        V3Writer.Begin(
            json, kind, self, links.ResourceName([("consumer-group", group), .. below]), links.ClusterId);
        json.WriteString("consumer_group_id"u8, group);
    }
}
