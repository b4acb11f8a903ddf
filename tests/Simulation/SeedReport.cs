using System.Globalization;
using Serverless.Simulation.Storage;
using Serverless.Simulation.World;
using Xunit;

namespace Serverless.Simulation;

/// <summary>What a run of seeds went through, in one place however many there are; of their results only findings are kept.</summary>
/// <remarks>It goes to the standard output, as it comes. `./test` keeps all of that and shows the lines that begin with <c>&gt;</c>.</remarks>
internal sealed class SeedReport(ulong planned)
{
    // A long run says now and then how far it is.
    private const ulong ProgressEvery = 10_000;

    // More would mostly be the same again.
    private const int FindingsMax = 5;

    private readonly List<SeedResult> _findings = [];
    private ulong _seeds;
    private TimeSpan _virtual;
    private long _operations;
    private long _events;
    private long _copied;

    public FaultTable Faults { get; } = new();

    public IReadOnlyList<SeedResult> Findings => _findings;

    /// <summary>Runs the seeds that the environment asks for, and fails on what they find. Null where it was one alone.</summary>
    public static SeedReport? Of(Func<ulong, SeedResult> run, ulong count)
    {
        if (Seeds.One is { } one)
        {
            var result = run(one);
            Assert.True(result.Failure is null, result.Report());
            return null;
        }

        var report = new SeedReport(count);
        Seeds.Run(Seeds.First, count, run, result =>
        {
            report.Add(result);
            return report.Findings.Count < FindingsMax;
        });

        report.SayAll();
        Assert.True(
            report.Findings.Count == 0,
            string.Join("\n\n", report.Findings.OrderBy(result => result.Seed).Select(result => result.Report()).Append(report.Summary())));
        return report;
    }

    public void Add(SeedResult result)
    {
        _seeds++;
        _virtual += result.Virtual;
        _operations += result.Operations;
        _events += result.Events;
        _copied += result.Copied;
        Faults.Add(result.Faults);
        if (result.Failure is { } failure)
        {
            _findings.Add(result);
            Say($"Seed {result.Seed}: {failure.Message.Split('\n')[0]}");
        }

        if (_seeds % ProgressEvery == 0)
        {
            Say(Summary());
        }
    }

    public void SayAll()
    {
        Say(Summary());
        Say(Faults.ToString());
    }

    public string Summary() => string.Create(
        CultureInfo.InvariantCulture,
        $"{_seeds:N0} of {planned:N0} seeds, {_virtual.TotalHours:N0} h of virtual time, {_operations:N0} operations, "
        + $"{Faults.Calls:N0} storage calls, {Faults.Hits:N0} of them with a fault, {_events:N0} events, {(_copied == 0 ? "" : $"{_copied:N0} records copied, ")}{_findings.Count} findings.");

    private static void Say(string text) => Console.WriteLine("> " + text.TrimEnd().ReplaceLineEndings($"{Environment.NewLine}> "));
}
