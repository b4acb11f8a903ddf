using System.Text.Json;
using System.Text.Json.Nodes;
using Serverless.Chaos.History;
using Serverless.Chaos.World;

namespace Serverless.Chaos.Workload;

/// <summary>Sends unique values, some at a time, and never the same twice: what became of one is for the readers to see.</summary>
internal sealed class Producer(Client client)
{
    private const int RecordsMax = 6, FillingMax = 150;
    private const double Spread = 0.15;

    private int _values;

    public async Task RunAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            var (topic, partitions, _) = client.Random.Pick(Topics.All);
            var count = client.Random.Next(1, RecordsMax + 1);
            await (client.Random.Happens(Spread)
                ? SendAsync(topic, null, [.. Enumerable.Range(0, count).Select(_ => client.Random.Next(partitions))])
                : SendAsync(topic, client.Random.Next(partitions), count));
            await client.PauseAsync(client.Random.Between(TimeSpan.Zero, TimeSpan.FromMilliseconds(40)), stop);
        }
    }

    /// <summary>Sends so many records to one partition.</summary>
    public Task<(Reply Reply, Operation Operation)> SendAsync(string topic, int partition, int count) =>
        SendAsync(topic, partition, [.. Enumerable.Repeat(partition, count)]);

    // By its path a request goes to one partition; otherwise each record names its own.
    private Task<(Reply Reply, Operation Operation)> SendAsync(string topic, int? path, IReadOnlyList<int> partitions)
    {
        var names = partitions.Select(_ => $"{client.Name}-{_values++}").ToList();
        var records = new JsonArray([.. names.Zip(partitions, (name, partition) =>
        {
            var record = new JsonObject { ["value"] = Values.Of(name, client.Random.Next(FillingMax)) };
            if (path is null)
            {
                record["partition"] = partition;
            }

            return (JsonNode)record;
        })]);
        var to = path is null ? $"/topics/{topic}" : $"/topics/{topic}/partitions/{path}";
        var request = new Request("POST", to, new JsonObject { ["records"] = records }, Request.Json);
        return client.AskAsync(request, reply => new Produce(topic, Outcomes(reply, names, partitions)));
    }

    private static IReadOnlyList<Sent> Outcomes(Reply reply, List<string> names, IReadOnlyList<int> partitions)
    {
        if (reply.Outcome != Outcome.Ok)
        {
            return [.. names.Zip(partitions, (name, partition) => new Sent(partition, name, reply.Outcome, -1))];
        }

        // Some may be stored and others not, each with its own word on it.
        return [.. reply.Body.GetProperty("offsets").EnumerateArray().Select((entry, index) =>
            entry.GetProperty("offset") is { ValueKind: JsonValueKind.Number } offset
                ? new Sent(entry.GetProperty("partition").GetInt32(), names[index], Outcome.Ok, offset.GetInt64())
                : new Sent(partitions[index], names[index], OutcomeOf(entry.GetProperty("error_code").GetInt32()), -1))];
    }

    private static Outcome OutcomeOf(int code) => code is 50002 or 50003 ? Outcome.Info : Outcome.Fail;
}
