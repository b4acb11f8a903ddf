using Serverless.Chaos.Checks;
using Serverless.Chaos.History;
using Serverless.Chaos.World;

namespace Serverless.Chaos.Tests;

public sealed class ChaosTests
{
    private static readonly TimeProvider Clock = TimeProvider.System;
    private static readonly ChaosSettings Settings = ChaosSettings.FromEnvironment(Clock);

    [Fact]
    public async Task Every_guarantee_holds_while_hosts_are_killed_and_held_up_and_the_storage_fails()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Processes are held up by a signal.");
        var began = Clock.GetTimestamp();
        var run = new ChaosRun(Settings, Clock);

        var evidence = await EvidenceAsync(run);

        IReadOnlyList<Anomaly> anomalies = [.. Checkers.Check(evidence), .. run.Tally.HostBugs];
        var summary = new Summary(Settings, run.Tally, evidence, anomalies, Clock.GetElapsedTime(began));
        Console.WriteLine(summary);
        await File.WriteAllTextAsync(Results.File("chaos-summary.txt"), $"{summary}");
        if (summary.Anomalies.Count > 0)
        {
            Assert.Fail($"{summary}\nThe history is in {await KeepAsync(run)}.");
        }

        Floors.Of(Settings).Require(summary);
    }

    // A run that does not come to its end has broken something too, and its history tells what.
    private static async Task<Evidence> EvidenceAsync(ChaosRun run)
    {
        try
        {
            return await run.RunAsync();
        }
        catch
        {
            Console.WriteLine($"Broken off; again: {Settings.Replay}. The history is in {await KeepAsync(run)}. Hosts said last:");
            Console.WriteLine(string.Join('\n', run.Tally.HostFailures.TakeLast(20)));
            throw;
        }
    }

    private static async Task<string> KeepAsync(ChaosRun run)
    {
        var file = Results.File($"chaos-{Settings.Seed}.jsonl");
        await Journal.WriteAsync(file, run.History, CancellationToken.None);
        return file;
    }
}
