using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using Serverless.Emulator;

namespace Serverless.Chaos.World;

/// <summary>What a run of delivering came to.</summary>
internal sealed record DeliveryResult(
    IReadOnlyList<string> Lost, IReadOnlyList<string> Doubled, IReadOnlyList<string> OutOfOrder,
    int Effects, int HostKills, int ReceiverKills, TimeSpan Took)
{
    public override string ToString() => FormattableString.Invariant(
        $"{Effects:N0} effects in {Took.TotalSeconds:F0} s, {HostKills} SIGKILL of hosts, {ReceiverKills} of the receiver; {Lost.Count} lost, {Doubled.Count} doubled, {OutOfOrder.Count} out of order.");
}

/// <summary>Records are produced and delivered to a webhook, while hosts and the receiver are killed; then its effects are counted.</summary>
internal sealed class DeliveryRun(CopySettings settings, TimeProvider clock)
{
    private const string Topic = "orders", Group = "shipping", Secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    private const int Partitions = 6, LateRequests = 20;

    private static readonly TimeSpan KillMin = TimeSpan.FromSeconds(1), KillMax = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan Quiet = TimeSpan.FromMinutes(3);

    private readonly Random _random = new(settings.Seed);
    private readonly Tally _tally = new();

    public async Task<DeliveryResult> RunAsync()
    {
        var began = clock.GetTimestamp();
        var folder = Directory.CreateTempSubdirectory("delivery-");
        var hosts = new List<FixedHost>();
        await using var receiver = new ReceiverSlot(folder.FullName, FreePort(), Secret);
        try
        {
            await using var azurite = await AzuriteProcess.StartAsync(
                new AzuriteOptions { Location = folder.FullName }, CancellationToken.None);
            var environment = new Dictionary<string, string>
            {
                ["Delivery__SessionTimeoutMs"] = "6000", ["Delivery__SliceMs"] = "10000", ["Delivery__IdleMs"] = "4000",
            };
            hosts.AddRange(Enumerable.Range(0, CopySettings.Hosts).Select(
                n => new FixedHost($"h{n}", azurite.ConnectionString, _tally, environment)));
            await Task.WhenAll(hosts.Select(host => host.StartAsync()));
            receiver.Start();
            var client = new HostClient(hosts, _random, clock);
            await client.MakeTopicAsync(Topic, Partitions);
            await DeliverAsync(client, receiver);

            using var over = new CancellationTokenSource();
            var nemesis = KillAsync(hosts, receiver, over.Token);
            var requests = settings.Records / HostClient.RecordsARequest;
            await Parallel.ForEachAsync(
                Enumerable.Range(0, requests - LateRequests), new ParallelOptions { MaxDegreeOfParallelism = 2 },
                async (request, _) =>
                {
                    await ProduceAsync(client, request);
                    await Task.Delay(TimeSpan.FromMilliseconds(200), clock, CancellationToken.None);
                });
            await over.CancelAsync();
            await nemesis;
            await UntilDeliveredAsync(client, requests);
            return Count(await receiver.EffectsAsync(), receiver.Kills, clock.GetElapsedTime(began));
        }
        finally
        {
            foreach (var host in hosts)
            {
                await host.DisposeAsync();
            }

            await receiver.DisposeAsync();
            folder.Delete(recursive: true);
        }
    }

    private static Task<System.Text.Json.Nodes.JsonNode> ProduceAsync(HostClient client, int request) => client.ProduceAsync(
        Topic, request % Partitions, request, request * HostClient.RecordsARequest, HostClient.RecordsARequest);

    private static Task<System.Text.Json.Nodes.JsonNode> DeliverAsync(HostClient client, ReceiverSlot receiver) => client.SendAsync(
        host => new HttpRequestMessage(HttpMethod.Put, new Uri(host, $"v3/clusters/serverless/consumer-groups/{Group}/delivery"))
        {
            Content = JsonContent.Create(new Dictionary<string, object>
            {
                ["topics"] = new[] { Topic },
                ["target"] = new { type = "webhook", url = receiver.Address.ToString(), secret = Secret },
                ["batch.max.records"] = 40,
                ["retry.backoff.ms"] = 200,
                ["retry.backoff.max.ms"] = 1000,
                ["start"] = "earliest",
            }),
        });

    // Hosts and the receiver by turns; one at a time.
    private async Task KillAsync(List<FixedHost> hosts, ReceiverSlot receiver, CancellationToken over)
    {
        for (var turn = 0; !over.IsCancellationRequested; turn++)
        {
            TimeSpan pause;
            int host;
            lock (_random)
            {
                (pause, host) = (_random.Between(KillMin, KillMax), _random.Next(hosts.Count));
            }

            await Task.Delay(pause, clock, over).ContinueWith(_ => { }, TaskScheduler.Default);
            await (turn % 2 == 0 ? hosts[host].KillAsync() : receiver.KillAsync());
        }
    }

    // What still comes now and then wakes workers where none is left, without any timer.
    private async Task UntilDeliveredAsync(HostClient client, int requests)
    {
        var (next, count, since) = (requests - LateRequests, -1L, clock.GetTimestamp());
        while (true)
        {
            if (next < requests)
            {
                await ProduceAsync(client, next++);
            }

            var ends = await Task.WhenAll(Enumerable.Range(0, Partitions).Select(partition => client.CommittedAsync(Group, Topic, partition)));
            var now = ends.Sum();
            if (now >= settings.Records)
            {
                return;
            }

            (count, since) = now > count ? (now, clock.GetTimestamp()) : (count, since);
            Assert.True(clock.GetElapsedTime(since) < Quiet, $"Nothing was delivered for {Quiet}: the group stands at {count} of {settings.Records}.");
            await Task.Delay(TimeSpan.FromSeconds(1), clock);
        }
    }

    private DeliveryResult Count(List<Done> done, int receiverKills, TimeSpan took)
    {
        var values = done.GroupBy(effect => effect.Value).ToDictionary(same => same.Key, same => same.Count());
        var disorder = done.GroupBy(effect => effect.Partition).SelectMany(partition => partition.Zip(partition.Skip(1)))
            .Where(pair => pair.First.Offset >= pair.Second.Offset)
            .Select(pair => $"{pair.First.Partition}: {pair.First.Offset} before {pair.Second.Offset}");
        return new(
            [.. Enumerable.Range(0, settings.Records).Select(n => $"r{n}").Where(value => !values.ContainsKey(value))],
            [.. values.Where(value => value.Value > 1).Select(value => $"{value.Key} {value.Value} times")],
            [.. disorder], done.Count, _tally.Kills, receiverKills, took);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
