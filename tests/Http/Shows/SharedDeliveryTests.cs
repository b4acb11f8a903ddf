using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Serverless.Http.Shows;

/// <summary>Three processes and one delivery: workers are started by calls to the address that all of them have.</summary>
[Collection(Show.Name)]
public sealed class SharedDeliveryTests(AzuriteFixture azurite)
{
    private const int Partitions = 12;

    [Fact]
    public async Task Three_processes_share_twelve_partitions_evenly_and_a_killed_ones_share_moves_in_time()
    {
        await using var receiver = await ReceiverAsync();
        await using var front = new FrontEnd();
        var settings = new Dictionary<string, string?>
        {
            ["Delivery__BaseUrl"] = front.Address.ToString(), ["Delivery__SessionTimeoutMs"] = "6000",
        };
        var storage = await azurite.ConnectionStringAsync();
        await using var one = await ShowHost.OnAsync(storage, settings);
        await using var two = await ShowHost.OnAsync(storage, settings);
        await using var three = await ShowHost.OnAsync(storage, settings);
        front.LeadTo([one.Process.Address, two.Process.Address, three.Process.Address]);
        var (topic, group) = (Show.NewName("shared"), Show.NewName("delivered"));
        await one.Client.CreateTopicAsync(topic, Partitions);
        await ProduceAsync(one.Client, topic);

        // What there is to do already deserves three workers, and the address takes one to each process.
        var url = $"/v3/clusters/serverless/consumer-groups/{group}";
        (await one.Client.SendAsync(
            "PUT", $"{url}/delivery",
            $$"""{"topics":["{{topic}}"],"start":"earliest","target":{"type":"webhook","url":"{{receiver.Urls.First()}}","secret":"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"} }""",
            ContentTypes.Plain)).Must(201);
        using var over = new CancellationTokenSource();
        var producing = ProduceOnAsync(one.Client, topic, over.Token);
        var before = await SharedAsync(one.Client, url, workers => workers.Count >= 3);

        // The timer of the others may start a third one again within its period; either way all is shared evenly among the living.
        await three.Process.KillAsync();
        await SharedAsync(one.Client, url, workers => workers.Count >= 2 && !before.Keys.All(workers.ContainsKey));

        await over.CancelAsync();
        await producing;
        await Eventually.SeesAsync(
            () => one.Client.SendAsync("GET", $"{url}/delivery"),
            seen => seen.Must(200).Node["total_lag"]!.GetValue<long>() == 0, seen => seen.Text);
    }

    /// <summary>Waits until the workers have all partitions, evenly; gives what each has.</summary>
    private static async Task<Dictionary<string, int>> SharedAsync(
        LogClient client, string url, Func<Dictionary<string, int>, bool> isSo) => await Eventually.SeesAsync(
        async () =>
        {
            // Nobody has come yet, as long as there is no group.
            var answer = await client.SendAsync("GET", $"{url}/consumers");
            var found = new Dictionary<string, int>();
            foreach (var member in answer.Status == 404 ? [] : answer.Must(200).Node["data"]!.AsArray())
            {
                var name = member!["consumer_id"]!.GetValue<string>();
                var assigned = await client.SendAsync("GET", $"{url}/consumers/{name}/assignments");
                found[name] = assigned.Status == 200 ? assigned.Node["data"]!.AsArray().Count : -1;
            }

            return found;
        },
        found => isSo(found) && found.Values.Sum() == Partitions && found.Values.Max() - found.Values.Min() <= 1,
        found => string.Join(' ', found));

    private static async Task ProduceOnAsync(LogClient client, string topic, CancellationToken over)
    {
        while (!over.IsCancellationRequested)
        {
            await ProduceAsync(client, topic);
            await Task.Delay(300, CancellationToken.None);
        }
    }

    private static async Task ProduceAsync(LogClient client, string topic) =>
        await Task.WhenAll(Enumerable.Range(0, Partitions).Select(partition => client.ProduceAsync(topic, partition, "x")));

    private static async Task<WebApplication> ReceiverAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var app = builder.Build();
        app.Urls.Add($"http://{IPAddress.Loopback}:0");
        app.MapPost("/", () => Results.Ok());
        await app.StartAsync();
        return app;
    }
}
