using System.Globalization;
using System.Text.Json;
using Serverless.Core.Log;
using Serverless.Core.Topics;

namespace Serverless.Functions.Http.V3;

/// <summary>Topics, partitions and settings as v3 shows them.</summary>
internal static class TopicWriter
{
    public static void Topic(Utf8JsonWriter json, Links links, Topic topic)
    {
        var self = links.Topic(topic.Name);
        V3Writer.Begin(json, "KafkaTopic", self, links.ResourceName(("topic", topic.Name)), links.ClusterId);
        json.WriteString("topic_name"u8, topic.Name);
        json.WriteBoolean("is_internal"u8, topic.IsInternal);
        json.WriteNumber("replication_factor"u8, 1);
        json.WriteNumber("partitions_count"u8, topic.Partitions);
        V3Writer.Related(json, "partitions", $"{self}/partitions");
        V3Writer.Related(json, "configs", $"{self}/configs");
        V3Writer.Related(json, "partition_reassignments", $"{self}/partitions/-/reassignment");
        json.WriteStartArray("authorized_operations"u8);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    public static void Partition(Utf8JsonWriter json, Links links, string topic, int partition)
    {
        var self = links.Partition(topic, partition);
        BeginPartition(json, "KafkaPartition", self, links, topic, partition);
        V3Writer.Related(json, "leader", $"{self}/replicas/0");
        V3Writer.Related(json, "replicas", $"{self}/replicas");
        V3Writer.Related(json, "reassignment", $"{self}/reassignment");
        json.WriteEndObject();
    }

    public static void PartitionOffsets(Utf8JsonWriter json, Links links, string topic, int partition, OffsetSnapshot offsets)
    {
        var self = $"{links.Partition(topic, partition)}/offset";
        BeginPartition(json, "KafkaPartitionWithOffsets", self, links, topic, partition);
        json.WriteNumber("earliest_offset"u8, offsets.LogStartOffset);
        json.WriteNumber("latest_offset"u8, offsets.LogEndOffset);
        json.WriteEndObject();
    }

    public static void Config(Utf8JsonWriter json, Links links, string topic, EffectiveSetting setting)
    {
        var source = setting.IsDefault ? "DEFAULT_CONFIG" : "DYNAMIC_TOPIC_CONFIG";
        V3Writer.Begin(
            json, "KafkaTopicConfig", $"{links.Topic(topic)}/configs/{setting.Name}",
            links.ResourceName(("topic", topic), ("config", setting.Name)), links.ClusterId);
        json.WriteString("topic_name"u8, topic);
        json.WriteString("name"u8, setting.Name);
        json.WriteString("value"u8, setting.Value);
        json.WriteBoolean("is_default"u8, setting.IsDefault);
        json.WriteBoolean("is_read_only"u8, false);
        json.WriteBoolean("is_sensitive"u8, false);
        json.WriteString("source"u8, source);
        json.WriteStartArray("synonyms"u8);
        json.WriteStartObject();
        json.WriteString("name"u8, setting.Name);
        json.WriteString("value"u8, setting.Value);
        json.WriteString("source"u8, source);
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void BeginPartition(Utf8JsonWriter json, string kind, string self, Links links, string topic, int partition)
    {
        var number = partition.ToString(CultureInfo.InvariantCulture);
        V3Writer.Begin(json, kind, self, links.ResourceName(("topic", topic), ("partition", number)), links.ClusterId);
        json.WriteString("topic_name"u8, topic);
        json.WriteNumber("partition_id"u8, partition);
    }
}
