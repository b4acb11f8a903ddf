using System.Text.Json.Nodes;
using Serverless.Emulator;

namespace Serverless.Chaos.World;

/// <summary>What a run of copying came to.</summary>
internal sealed record CopyResult(
    IReadOnlyList<string> Lost, IReadOnlyList<string> Doubled, IReadOnlyList<string> Foreign,
    int Copied, int HostKills, int CopierKills, int Retries, TimeSpan Took)
{
    public override string ToString() => FormattableString.Invariant(
        $"{Copied:N0} records copied in {Took.TotalSeconds:F0} s, {HostKills} SIGKILL of hosts, {CopierKills} of copiers, {Retries:N0} produce requests sent again; {Lost.Count} lost, {Doubled.Count} doubled, {Foreign.Count} of nowhere.");
}

/// <summary>Records are produced with keys and copied by a group in transactions, while hosts and copiers are killed; then they are counted.</summary>
internal sealed class CopyRun(CopySettings settings, TimeProvider clock)
{
    private const string Source = "source", Target = "target";
    private const int Partitions = 4;

    private static readonly TimeSpan KillMin = TimeSpan.FromSeconds(0.2), KillMax = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Quiet = TimeSpan.FromMinutes(3);

    private readonly Random _random = new(settings.Seed);
    private readonly Tally _tally = new();

    public async Task<CopyResult> RunAsync()
    {
        var began = clock.GetTimestamp();
        var folder = Directory.CreateTempSubdirectory("copy-");
        var hosts = new List<FixedHost>();
        var copiers = new List<CopierSlot>();
        try
        {
            await using var azurite = await AzuriteProcess.StartAsync(
                new AzuriteOptions { Location = folder.FullName }, CancellationToken.None);
            hosts.AddRange(Enumerable.Range(0, CopySettings.Hosts).Select(n => new FixedHost($"h{n}", azurite.ConnectionString, _tally)));
            await Task.WhenAll(hosts.Select(host => host.StartAsync()));
            var client = new HostClient(hosts, _random, clock);
            await client.MakeTopicAsync(Source, Partitions);
            await client.MakeTopicAsync(Target, 2);
            copiers.AddRange(Enumerable.Range(0, CopySettings.Copiers).Select(
                n => new CopierSlot($"copier-{n}", Source, Target, hosts.Select(host => host.Address))));
            copiers.ForEach(copier => copier.Start());

            using var over = new CancellationTokenSource();
            var nemesis = KillAsync(hosts, copiers, over.Token);
            await ProduceAllAsync(client);
            await UntilCopiedAsync(client, nemesis);
            await over.CancelAsync();
            await nemesis;
            var copies = await ReadCommittedAsync(client);
            return Count(copies, copiers.Sum(copier => copier.Kills), client.Retries, clock.GetElapsedTime(began));
        }
        finally
        {
            foreach (var one in copiers.Cast<IAsyncDisposable>().Concat(hosts))
            {
                await one.DisposeAsync();
            }

            folder.Delete(recursive: true);
        }
    }

    // Hosts and copiers by turns; one host at a time, so that somebody is there to ask.
    private async Task KillAsync(List<FixedHost> hosts, List<CopierSlot> copiers, CancellationToken over)
    {
        for (var turn = 0; ; turn++)
        {
            await Task.Delay(_random.Between(KillMin, KillMax), clock, over).ContinueWith(_ => { }, TaskScheduler.Default);
            if (over.IsCancellationRequested)
            {
                return;
            }

            if (copiers.Find(copier => copier.HasEnded) is { } ended)
            {
                await ended.KillAsync();
            }

            await (turn % 2 == 0 ? hosts[_random.Next(hosts.Count)].KillAsync() : copiers[_random.Next(copiers.Count)].KillAsync());
        }
    }

    // Each request has its key, and is sent until it is answered: then it is stored once, whoever was killed meanwhile.
    private async Task ProduceAllAsync(HostClient client)
    {
        const int ARequest = HostClient.RecordsARequest;
        var requests = Enumerable.Range(0, (settings.Records + ARequest - 1) / ARequest);
        await Parallel.ForEachAsync(requests, new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (request, _) =>
        {
            var first = request * ARequest;
            await client.ProduceAsync(Source, request % Partitions, request, first, Math.Min(ARequest, settings.Records - first));
        });
    }

    private async Task UntilCopiedAsync(HostClient client, Task nemesis)
    {
        var (count, since) = (-1L, clock.GetTimestamp());
        while (true)
        {
            var ends = await Task.WhenAll(Enumerable.Range(0, Partitions).Select(partition => client.CommittedAsync("copy", Source, partition)));
            var now = ends.Sum();
            if (now >= settings.Records)
            {
                return;
            }

            (count, since) = now > count ? (now, clock.GetTimestamp()) : (count, since);
            Assert.True(clock.GetElapsedTime(since) < Quiet, $"Nothing was copied for {Quiet}: the group stands at {count} of {settings.Records}.");
            Assert.False(nemesis.IsFaulted, $"{nemesis.Exception}");
            await Task.Delay(TimeSpan.FromSeconds(2), clock);
        }
    }

    private static async Task<List<JsonNode>> ReadCommittedAsync(HostClient client)
    {
        var copies = new List<JsonNode>();
        for (var partition = 0; partition < 2; partition++)
        {
            for (var next = 0L; ;)
            {
                var path = $"topics/{Target}/partitions/{partition}/records?offset={next}&timeout=1&isolation_level=read_committed";
                var read = (await client.SendAsync(host => new HttpRequestMessage(HttpMethod.Get, new Uri(host, path))
                {
                    Headers = { { "Accept", "application/vnd.kafka.json.v2+json" } },
                })).AsArray();
                if (read.Count == 0)
                {
                    break;
                }

                copies.AddRange(read.Select(record => record!["value"]!));
                next = read[^1]!["offset"]!.GetValue<long>() + 1;
            }
        }

        return copies;
    }

    private CopyResult Count(List<JsonNode> copies, int copierKills, int retries, TimeSpan took)
    {
        var expected = Enumerable.Range(0, settings.Records).Select(n => $"r{n}").ToHashSet();
        var found = copies.GroupBy(copy => copy["value"]!.GetValue<string>()).ToDictionary(same => same.Key, same => same.Count());
        return new CopyResult(
            [.. expected.Where(value => !found.ContainsKey(value))],
            [.. found.Where(value => value.Value > 1).Select(value => $"{value.Key} {value.Value} times")],
            [.. found.Keys.Where(value => !expected.Contains(value))],
            copies.Count, _tally.Kills, copierKills, retries, took);
    }
}
