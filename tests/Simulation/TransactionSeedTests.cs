using Serverless.Simulation.World;
using Xunit;

namespace Serverless.Simulation;

/// <summary>Random seeds of transactions: what is read, processed and written counts once, whoever dies in the middle.</summary>
public sealed class TransactionSeedTests
{
    private const int FindingsMax = 5;

    [Fact]
    public void Every_record_is_copied_exactly_once_in_every_seed()
    {
        if (Seeds.One is { } one)
        {
            var result = CopyRun.Run(one, Seeds.Bug, Seeds.Inputs);
            Assert.True(result.Failure is null, result.Report());
            return;
        }

        var report = new SeedReport(Seeds.Count);
        Seeds.Run(Seeds.First, Seeds.Count, seed => CopyRun.Run(seed, Seeds.Bug, Seeds.Inputs), result =>
        {
            report.Add(result);
            return report.Findings.Count < FindingsMax;
        });

        report.SayAll();
        Assert.True(
            report.Findings.Count == 0,
            string.Join("\n\n", report.Findings.OrderBy(result => result.Seed).Select(result => result.Report()).Append(report.Summary())));
    }
}
