using System.Text.Json.Nodes;
using Serverless.Chaos.History;

namespace Serverless.Chaos.Workload;

/// <summary>The topics that stay for the whole run.</summary>
internal static class Topics
{
    // Far smaller segments than Azure would have: of a download that a kill breaks off, the emulator keeps a file open for each block,
    // and has none left after some minutes.
    public static readonly IReadOnlyList<(string Name, int Partitions, string SegmentBytes)> All =
    [
        ("orders", 4, "24000"),
        // Rolls every dozen requests or two.
        ("payments", 3, "12000"),
        // One partition that everybody writes to.
        ("audit", 1, "24000"),
    ];

    public static IReadOnlyList<At> Partitions { get; } = [.. All.SelectMany(topic => PartitionsOf(topic.Name))];

    public static IReadOnlyList<At> PartitionsOf(string topic) =>
        [.. Enumerable.Range(0, All.Single(known => known.Name == topic).Partitions).Select(partition => new At(topic, partition))];

    public static Request Make(string topic, int partitions, string? segmentBytes = null)
    {
        var body = new JsonObject { ["topic_name"] = topic, ["partitions_count"] = partitions };
        if (segmentBytes is not null)
        {
            body["configs"] = new JsonArray(new JsonObject { ["name"] = "segment.bytes", ["value"] = segmentBytes });
        }

        return new Request("POST", "/v3/clusters/serverless/topics", body, Request.Plain);
    }

    public static Request Drop(string topic) => new("DELETE", $"/v3/clusters/serverless/topics/{topic}");
}
