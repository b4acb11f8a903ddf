using System.Text.Json;
using Serverless.Core.Topics;

namespace Serverless.Functions.Http;

/// <summary>Topics and partitions as v2 shows them. One broker, 0, leads everything and is the only replica.</summary>
internal static class TopicsWriter
{
    /// <param name="withConfigs">Whether the settings are shown: there are fields for them either way.</param>
    public static void Topic(Utf8JsonWriter json, Topic topic, bool withConfigs)
    {
        json.WriteStartObject();
        json.WriteString("name"u8, topic.Name);
        json.WriteStartObject("configs"u8);
        foreach (var setting in withConfigs ? topic.Settings.Effective : [])
        {
            json.WriteString(setting.Name, setting.Value);
        }

        json.WriteEndObject();
        json.WritePropertyName("partitions"u8);
        Partitions(json, topic);
        json.WriteEndObject();
    }

    public static void Partitions(Utf8JsonWriter json, Topic topic)
    {
        json.WriteStartArray();
        for (var partition = 0; partition < topic.Partitions; partition++)
        {
            Partition(json, partition);
        }

        json.WriteEndArray();
    }

    public static void Partition(Utf8JsonWriter json, int partition)
    {
        json.WriteStartObject();
        json.WriteNumber("partition"u8, partition);
        json.WriteNumber("leader"u8, 0);
        json.WriteStartArray("replicas"u8);
        json.WriteStartObject();
        json.WriteNumber("broker"u8, 0);
        json.WriteBoolean("leader"u8, true);
        json.WriteBoolean("in_sync"u8, true);
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
