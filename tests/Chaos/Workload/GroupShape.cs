using System.Text.Json.Nodes;
using Serverless.Chaos.Checks;
using Serverless.Chaos.History;

namespace Serverless.Chaos.Workload;

/// <summary>A group: its members are alike.</summary>
internal sealed record GroupShape(
    string Name, Delivery Delivery, IReadOnlyList<string> Topics, int Members, int SessionSeconds, bool Static, string? Assignor = null)
{
    public static readonly IReadOnlyList<GroupShape> All =
    [
        new("billing", Delivery.Manual, ["orders", "audit"], 4, 6, Static: false),
        new("search", Delivery.Auto, ["payments", "audit"], 3, 8, Static: false, "roundrobin"),
        new("alerts", Delivery.AtMostOnce, ["orders"], 2, 6, Static: false),
        new("ledger", Delivery.Manual, ["payments", "orders"], 3, 10, Static: true),
    ];

    public IReadOnlyList<At> Partitions { get; } = [.. Topics.SelectMany(Workload.Topics.PartitionsOf)];

    /// <summary>The request that makes an instance. A static member is the same one under whatever name it comes.</summary>
    public Request Make(string name, string memberId, bool replace)
    {
        var body = new JsonObject
        {
            ["name"] = name,
            ["format"] = "json",
            ["auto.offset.reset"] = "earliest",
            ["auto.commit.enable"] = Delivery == Delivery.Auto,
            ["delivery.mode"] = Delivery == Delivery.AtMostOnce ? "at_most_once" : "at_least_once",
            ["session.timeout.ms"] = SessionSeconds * 1000,
        };
        if (Static)
        {
            body["group.instance.id"] = memberId;
        }

        if (Assignor is not null)
        {
            body["partition.assignment.strategy"] = Assignor;
        }

        if (replace)
        {
            body["replace"] = true;
        }

        return new Request("POST", $"/consumers/{Name}", body);
    }

    public Request Subscribe(string name) => new(
        "POST", $"/consumers/{Name}/instances/{name}/subscription",
        new JsonObject { ["topics"] = new JsonArray([.. Topics.Select(topic => (JsonNode)topic)]) });
}
