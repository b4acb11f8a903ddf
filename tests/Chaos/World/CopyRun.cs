using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
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
    private const int Partitions = 4, RecordsARequest = 100;

    private static readonly TimeSpan KillMin = TimeSpan.FromSeconds(0.2), KillMax = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Quiet = TimeSpan.FromMinutes(3);

    private static readonly HttpClient Http = new(new SocketsHttpHandler { AllowAutoRedirect = false }) { Timeout = TimeSpan.FromSeconds(15) };
    private readonly Random _random = new(settings.Seed);
    private readonly Tally _tally = new();
    private int _retries;

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
            await MakeTopicAsync(hosts, Source, Partitions);
            await MakeTopicAsync(hosts, Target, 2);
            copiers.AddRange(Enumerable.Range(0, CopySettings.Copiers).Select(
                n => new CopierSlot($"copier-{n}", Source, Target, hosts.Select(host => host.Address))));
            copiers.ForEach(copier => copier.Start());

            using var over = new CancellationTokenSource();
            var nemesis = KillAsync(hosts, copiers, over.Token);
            await ProduceAllAsync(hosts);
            await UntilCopiedAsync(hosts, nemesis);
            await over.CancelAsync();
            await nemesis;
            var copies = await ReadCommittedAsync(hosts);
            return Count(copies, copiers.Sum(copier => copier.Kills), clock.GetElapsedTime(began));
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
    private async Task ProduceAllAsync(List<FixedHost> hosts)
    {
        var requests = Enumerable.Range(0, (settings.Records + RecordsARequest - 1) / RecordsARequest);
        await Parallel.ForEachAsync(requests, new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (request, _) =>
        {
            var first = request * RecordsARequest;
            var body = new JsonObject
            {
                ["records"] = new JsonArray(
                    [.. Enumerable.Range(first, Math.Min(RecordsARequest, settings.Records - first)).Select(n => (JsonNode)new JsonObject { ["value"] = $"r{n}" })]),
            };
            await SendAsync(hosts, host => new HttpRequestMessage(HttpMethod.Post, new Uri(host, $"topics/{Source}/partitions/{request % Partitions}"))
            {
                Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/vnd.kafka.json.v2+json"),
                Headers = { { "Idempotency-Key", $"\"request-{request}\"" } },
            });
        });
    }

    private async Task UntilCopiedAsync(List<FixedHost> hosts, Task nemesis)
    {
        var (count, since) = (-1L, clock.GetTimestamp());
        while (true)
        {
            var ends = await Task.WhenAll(Enumerable.Range(0, Partitions).Select(partition => CommittedAsync(hosts, partition)));
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

    private async Task<long> CommittedAsync(List<FixedHost> hosts, int partition)
    {
        var body = await SendAsync(hosts, host => new HttpRequestMessage(
            HttpMethod.Get, new Uri(host, $"consumers/copy/offsets?partitions={Source}:{partition}")));
        return body["offsets"] is not JsonArray offsets ? 0 : offsets.Sum(offset => offset!["offset"]!.GetValue<long>());
    }

    private async Task<List<JsonNode>> ReadCommittedAsync(List<FixedHost> hosts)
    {
        var copies = new List<JsonNode>();
        for (var partition = 0; partition < 2; partition++)
        {
            for (var next = 0L; ;)
            {
                var path = $"topics/{Target}/partitions/{partition}/records?offset={next}&timeout=1&isolation_level=read_committed";
                var read = (await SendAsync(hosts, host => new HttpRequestMessage(HttpMethod.Get, new Uri(host, path))
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

    private Task<JsonNode> MakeTopicAsync(List<FixedHost> hosts, string name, int partitions) => SendAsync(
        hosts,
        host => new HttpRequestMessage(HttpMethod.Post, new Uri(host, "v3/clusters/serverless/topics"))
        {
            Content = JsonContent.Create(new { topic_name = name, partitions_count = partitions }),
        });

    // Until somebody has answered: all of these may be sent again.
    private async Task<JsonNode> SendAsync(List<FixedHost> hosts, Func<Uri, HttpRequestMessage> request)
    {
        for (var attempt = 0; ; attempt++)
        {
            Assert.True(attempt < 300, "Nobody answers.");
            int host;
            lock (_random)
            {
                host = _random.Next(hosts.Count);
            }

            try
            {
                using var message = request(hosts[host].Address);
                using var response = await Http.SendAsync(message);
                var body = await response.Content.ReadAsStringAsync();
                if (response.IsSuccessStatusCode)
                {
                    return JsonNode.Parse(body.Length == 0 ? "{}" : body)!;
                }

                if (response.StatusCode == System.Net.HttpStatusCode.NotFound && message.Method == HttpMethod.Get)
                {
                    return new JsonObject();
                }

                Assert.True((int)response.StatusCode >= 500 || body.Contains("40950", StringComparison.Ordinal), $"{message.RequestUri}: {response.StatusCode} {body}");
            }
            catch (Exception e) when (e is HttpRequestException or IOException or TaskCanceledException or JsonException)
            {
                // It was killed.
            }

            Interlocked.Increment(ref _retries);
            await Task.Delay(TimeSpan.FromMilliseconds(200), clock);
        }
    }

    private CopyResult Count(List<JsonNode> copies, int copierKills, TimeSpan took)
    {
        var expected = Enumerable.Range(0, settings.Records).Select(n => $"r{n}").ToHashSet();
        var found = copies.GroupBy(copy => copy["value"]!.GetValue<string>()).ToDictionary(same => same.Key, same => same.Count());
        return new CopyResult(
            [.. expected.Where(value => !found.ContainsKey(value))],
            [.. found.Where(value => value.Value > 1).Select(value => $"{value.Key} {value.Value} times")],
            [.. found.Keys.Where(value => !expected.Contains(value))],
            copies.Count, _tally.Kills, copierKills, _retries, took);
    }
}
