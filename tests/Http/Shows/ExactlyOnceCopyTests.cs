using System.Text.Json.Nodes;

namespace Serverless.Http.Shows;

[Collection(Show.Name)]
public sealed class ExactlyOnceCopyTests(AzuriteFixture azurite, ITestOutputHelper output)
{
    private const int Partitions = 4, Requests = 40, RecordsARequest = 50;

    [Fact]
    public async Task Each_record_is_copied_once_though_copiers_and_hosts_are_killed_and_one_is_fenced()
    {
        var storage = await azurite.ConnectionStringAsync();
        await using var hosts = await ShowHosts.StartAsync(storage, 2);
        await using var victim = await ShowHost.OnAsync(storage);
        var client = hosts[0].Client;
        var (source, target) = (Show.NewName("source"), Show.NewName("target"));
        await client.CreateTopicAsync(source, Partitions);
        await client.CreateTopicAsync(target, 2);
        for (var request = 0; request < Requests; request++)
        {
            await client.ProduceAsync(
                source, request % Partitions, Enumerable.Range(0, RecordsARequest).Select(n => $"{request}-{n}"));
        }

        Uri[] all = [victim.Process.Address, hosts[0].Process.Address, hosts[1].Process.Address];
        string[] small = ["--batch", "20", "--timeout-ms", "5000"];
        await using var killed = CopierProcess.Start(source, target, "one", all, small);
        await CopiedAsync(client, target, 100);
        await using var steady = CopierProcess.Start(source, target, "two", all[1..], [.. small, "--idle-exit-ms", "15000"]);
        await CopiedAsync(client, target, 500);
        await killed.KillAsync();
        await victim.Process.KillAsync();

        // Two with one transactional id: the later one has it.
        await using var fenced = CopierProcess.Start(source, target, "one", all[1..], small);
        await CopiedAsync(client, target, 1000);
        await using var last = CopierProcess.Start(source, target, "one", all[1..], [.. small, "--idle-exit-ms", "15000"]);
        var ends = await Task.WhenAll(fenced.EndAsync(), last.EndAsync(), steady.EndAsync());

        Array.ForEach(ends, end => output.WriteLine($"{end.ExitCode}: {end.Output}{end.Error}"));
        var copies = await ReadCommittedAsync(client, target);
        Assert.Equal(
            (await SourceAsync(client, source)).Order(StringComparer.Ordinal),
            copies.Select(copy => $"{copy["from"]}={copy["value"]}").Order(StringComparer.Ordinal));
        Assert.Equal([3, 0, 0], ends.Select(end => end.ExitCode));
        await GroupIsAtTheEndAsync(client, source);
        await hosts.StopAsync();
    }

    private static Task<List<JsonNode>> CopiedAsync(LogClient client, string target, int count) => Eventually.SeesAsync(
        () => ReadCommittedAsync(client, target), copies => copies.Count >= count, copies => $"{copies.Count} were copied");

    private static async Task<List<string>> SourceAsync(LogClient client, string source)
    {
        var records = new List<string>();
        for (var partition = 0; partition < Partitions; partition++)
        {
            records.AddRange((await client.ReadAllAsync(source, partition))
                .Select(record => $"{source}-{partition}@{record.Offset}={record.Value}"));
        }

        return records;
    }

    private static async Task<List<JsonNode>> ReadCommittedAsync(LogClient client, string target)
    {
        var copies = new List<JsonNode>();
        for (var partition = 0; partition < 2; partition++)
        {
            for (var next = 0L; ;)
            {
                var read = (await client.SendAsync(
                    "GET", $"/topics/{target}/partitions/{partition}/records?offset={next}&timeout=1&isolation_level=read_committed",
                    accept: ContentTypes.Json)).Must(200).Node.AsArray();
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

    private static async Task GroupIsAtTheEndAsync(LogClient client, string source)
    {
        var committed = (await client.SendAsync("GET", $"/consumers/{source}-copy/offsets")).Must(200).Node["offsets"]!.AsArray();
        var ends = new Dictionary<int, long>();
        for (var partition = 0; partition < Partitions; partition++)
        {
            ends[partition] = (await client.OffsetsAsync(source, partition)).End;
        }

        Assert.Equal(ends, committed.ToDictionary(one => one!["partition"]!.GetValue<int>(), one => one!["offset"]!.GetValue<long>()));
    }
}
