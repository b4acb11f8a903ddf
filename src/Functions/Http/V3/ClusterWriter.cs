using System.Text.Json;

namespace Serverless.Functions.Http.V3;

/// <summary>The cluster as v3 shows it.</summary>
internal static class ClusterWriter
{
    public static void Cluster(Utf8JsonWriter json, Links links)
    {
        var self = links.Cluster;
        V3Writer.Begin(json, "KafkaCluster", self, links.ResourceName(), links.ClusterId);
        V3Writer.Related(json, "controller", $"{self}/brokers/0");
        V3Writer.Related(json, "acls", $"{self}/acls");
        V3Writer.Related(json, "brokers", $"{self}/brokers");
        V3Writer.Related(json, "broker_configs", $"{self}/broker-configs");
        V3Writer.Related(json, "consumer_groups", links.Groups);
        V3Writer.Related(json, "topics", links.Topics);
        V3Writer.Related(json, "partition_reassignments", $"{self}/topics/-/partitions/-/reassignment");
        json.WriteEndObject();
    }
}
