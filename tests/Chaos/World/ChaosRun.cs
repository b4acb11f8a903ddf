using Serverless.Chaos.Checks;
using Serverless.Chaos.History;
using Serverless.Chaos.Workload;
using Serverless.Emulator;

namespace Serverless.Chaos.World;

/// <summary>One run: hosts and storage, the workload under the nemesis, then peace, and at last everything read again.</summary>
internal sealed class ChaosRun(ChaosSettings settings, TimeProvider clock)
{
    private const int Producers = 8, Readers = 16, Operators = 2, Churners = 2;

    // What a host that stood still has yet to serve is served, or dies with it.
    private static readonly TimeSpan Drain = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan FinalReadMax = TimeSpan.FromMinutes(3);

    private readonly Journal _journal = new(clock);

    public Tally Tally { get; } = new();

    /// <summary>What was done so far, however the run ends.</summary>
    public IReadOnlyList<Operation> History => _journal.All();

    public async Task<Evidence> RunAsync()
    {
        var folder = Directory.CreateTempSubdirectory("chaos-");
        try
        {
            await using var azurite = await AzuriteProcess.StartAsync(
                new AzuriteOptions { Location = folder.FullName }, CancellationToken.None);
            await using var hosts = new HostPool(azurite.ConnectionString, settings, Tally, clock);
            await hosts.FillAsync();
            await MakeTopicsAsync(hosts);
            return await RunAsync(hosts);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private async Task MakeTopicsAsync(HostPool hosts)
    {
        var client = NewClient(hosts, "setup");
        foreach (var (topic, partitions, segmentBytes) in Topics.All)
        {
            var request = Topics.Make(topic, partitions, segmentBytes);

            // Whether this try made it or an unknown one before is all the same.
            while ((await client.AskAsync(request, _ => new Look("make topic"))).Reply.Outcome == Outcome.Info)
            {
            }
        }
    }

    private async Task<Evidence> RunAsync(HostPool hosts)
    {
        using var faultsOver = new CancellationTokenSource(TimeSpan.FromSeconds(settings.Seconds), clock);
        using var allOver = new CancellationTokenSource();
        var members = GroupShape.All.SelectMany(group => Enumerable.Range(0, group.Members).Select(
            index => new GroupMember(NewClient(hosts, $"{group.Name}-{index}"), group))).ToList();
        var consuming = members.Select(member => member.RunAsync(allOver.Token)).ToList();
        var others = Others(hosts, faultsOver.Token).ToList();
        await UnlessOneFails([.. others, .. consuming], Task.WhenAll(others));

        members.ForEach(member => member.IsCalm = true);
        await hosts.HealAsync(Drain);
        var settlement = new Settlement(members, NewClient(hosts, "final"), _journal, clock);
        var settling = settlement.RunAsync(await ReadAllAsync(hosts));
        await UnlessOneFails(consuming, settling);
        await allOver.CancelAsync();
        await Task.WhenAll(consuming);
        foreach (var group in GroupShape.All.Select(group => group.Name).Append(Operator.Group))
        {
            await Commits.ReadAsync(NewClient(hosts, "final"), group, null, Topics.Partitions);
        }

        var logs = await ReadAllAsync(hosts);
        return new Evidence(_journal.All(), logs, await settling);
    }

    private IEnumerable<Task> Others(HostPool hosts, CancellationToken stop) =>
    [
        .. Enumerable.Range(0, Producers).Select(index => new Producer(NewClient(hosts, $"p{index}")).RunAsync(stop)),
        .. Enumerable.Range(0, Readers).Select(index => new Reader(NewClient(hosts, $"r{index}")).RunAsync(stop)),
        .. Enumerable.Range(0, Operators).Select(index => new Operator(NewClient(hosts, $"o{index}"), index).RunAsync(stop)),
        .. Enumerable.Range(0, Churners).Select(index => new TopicChurn(NewClient(hosts, $"t{index}")).RunAsync(stop)),
        new Nemesis(hosts, settings, Tally, clock).RunAsync(stop),
    ];

    // Work that ends early with an exception is a mistake of this suite, and must not look like calm.
    private static async Task UnlessOneFails(IEnumerable<Task> running, Task goal)
    {
        var failure = new TaskCompletionSource();
        foreach (var task in running)
        {
            _ = task.ContinueWith(
                failed => failure.TrySetException(failed.Exception!.InnerExceptions), CancellationToken.None,
                TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
        }

        await await Task.WhenAny(goal, failure.Task);
    }

    private Client NewClient(HostPool hosts, string name) => new(hosts, _journal, name, settings.RandomOf(name), clock);

    private async Task<IReadOnlyDictionary<At, IReadOnlyList<Seen>>> ReadAllAsync(HostPool hosts)
    {
        using var patience = new CancellationTokenSource(FinalReadMax, clock);
        var logs = new Dictionary<At, IReadOnlyList<Seen>>();
        foreach (var at in Topics.Partitions)
        {
            var reader = new Reader(NewClient(hosts, "final"));
            await reader.EndsAsync(at);
            logs[at] = await reader.ReadAllAsync(at, patience.Token);
        }

        return logs;
    }
}
