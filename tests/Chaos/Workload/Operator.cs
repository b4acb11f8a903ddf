using System.Text.Json.Nodes;
using Serverless.Chaos.History;
using Serverless.Chaos.World;

namespace Serverless.Chaos.Workload;

/// <summary>Sets and reads the committed offsets of a group that has no members: a register of which every value is another.</summary>
internal sealed class Operator(Client client, int number)
{
    public const string Group = "register";

    private static readonly IReadOnlyList<At> Partitions = Topics.PartitionsOf("orders");

    private int _values;

    public async Task RunAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            var at = client.Random.Pick(Partitions);
            if (client.Random.Happens(0.4))
            {
                var value = (++_values * 100L) + number;
                var body = new JsonObject
                {
                    ["offsets"] = new JsonArray(new JsonObject
                    {
                        ["topic"] = at.Topic, ["partition"] = at.Partition, ["offset"] = value - 1,
                    }),
                };
                await client.AskAsync(
                    new Request("POST", $"/consumers/{Group}/offsets", body), _ => new Reset(Group, new Next(at, value)));
            }
            else
            {
                await Commits.ReadAsync(client, Group, null, [at]);
            }

            await client.PauseAsync(client.Random.Between(TimeSpan.Zero, TimeSpan.FromMilliseconds(100)), stop);
        }
    }
}
