using System.Collections.Concurrent;
using Serverless.Emulator;

namespace Serverless.Http.Shows;

[Collection(Show.Name)]
public sealed class EightAppendersTests(ITestOutputHelper output) : IDisposable
{
    private const int Processes = 8, RequestsEach = 60;

    private readonly string _data = Directory.CreateTempSubdirectory("appenders-").FullName;

    public void Dispose() => Directory.Delete(_data, recursive: true);

    [Fact]
    public async Task Eight_processes_append_to_one_partition_in_at_most_1_3_attempts_for_each_success()
    {
        var requests = new AppendRequests();
        await using var azurite = await AzuriteProcess.StartAsync(
            new AzuriteOptions { Location = _data, AccessLog = requests.Hear }, CancellationToken.None);
        await using var hosts = await ShowHosts.StartAsync(azurite.ConnectionString, Processes);
        await hosts[0].Client.CreateTopicAsync("orders", 1);
        var stored = new ConcurrentBag<Placed>();

        // A client's lanes are its requests in flight: one to four.
        var began = TimeProvider.System.GetTimestamp();
        await Task.WhenAll(
            from client in Enumerable.Range(0, Processes)
            let lanes = 1 + (client % 4)
            from lane in Enumerable.Range(0, lanes)
            select ProduceAsync(hosts[client].Client, $"{client}-{lane}", RequestsEach / lanes, stored));
        var took = TimeProvider.System.GetElapsedTime(began);

        var log = await hosts[0].Client.ReadAllAsync("orders", 0);
        output.WriteLine(
            $"{stored.Count} requests in {took.TotalSeconds:F1} s; appends: {requests}; "
            + $"{(double)requests.Attempts / requests.Successes:F3} attempts for each success");
        Assert.Equal(Enumerable.Range(0, log.Count).Select(offset => (long)offset), log.Select(record => record.Offset));
        Assert.Equal(stored.OrderBy(record => record.Offset), log);
        foreach (var lane in log.GroupBy(record => record.Value[..record.Value.LastIndexOf('-')]))
        {
            Assert.Equal(Enumerable.Range(0, lane.Count()).Select(n => $"{lane.Key}-{n}"), lane.Select(record => record.Value));
        }

        Assert.True(requests.Successes > 0 && requests.Attempts <= 1.3 * requests.Successes, $"Appends by status: {requests}");
    }

    private static async Task ProduceAsync(LogClient at, string lane, int count, ConcurrentBag<Placed> stored)
    {
        for (var n = 0; n < count; n++)
        {
            stored.Add(Assert.Single(await at.ProduceAsync("orders", 0, $"{lane}-{n}")));
        }
    }
}
