using Serverless.Chaos.Checks;
using Serverless.Chaos.History;
using Serverless.Chaos.World;

namespace Serverless.Chaos.Tests;

public sealed class ChaosTests
{
    [Fact]
    public async Task Every_guarantee_holds_while_hosts_are_killed_and_held_up_and_the_storage_fails()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Processes are held up by a signal.");
        var clock = TimeProvider.System;
        var settings = ChaosSettings.FromEnvironment(clock);
        var began = clock.GetTimestamp();
        var run = new ChaosRun(settings, clock);

        var evidence = await run.RunAsync();

        var summary = new Summary(settings, run.Tally, evidence, Checkers.Check(evidence), clock.GetElapsedTime(began));
        Console.WriteLine(summary);
        await File.WriteAllTextAsync(Results.File("chaos-summary.txt"), $"{summary}");
        if (summary.Anomalies.Count > 0)
        {
            var file = Results.File($"chaos-{settings.Seed}.jsonl");
            await Journal.WriteAsync(file, evidence.Operations, CancellationToken.None);
            Assert.Fail($"{summary}\nThe history is in {file}.");
        }

        Floors.Of(settings).Require(summary);
    }
}
