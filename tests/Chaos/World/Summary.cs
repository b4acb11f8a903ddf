using System.Globalization;
using System.Text;
using Serverless.Chaos.Checks;
using Serverless.Chaos.History;

namespace Serverless.Chaos.World;

/// <summary>What a run came to.</summary>
internal sealed record Summary(ChaosSettings Settings, Tally Tally, Evidence Evidence, IReadOnlyList<Anomaly> Anomalies, TimeSpan Took)
{
    private const int Shown = 20, LineLengthMax = 140;

    public int Operations => Evidence.Operations.Count;

    public int Acknowledged => Evidence.Of<Produce>().Sum(send => send.Step.Records.Count(record => record.Outcome == Outcome.Ok));

    public int Polls => Evidence.Of<Poll>().Count(poll => poll.Operation.IsOk && poll.Step.Records.Count > 0);

    public int Faults => Tally.Faults.Values.Sum();

    public override string ToString()
    {
        var text = new StringBuilder();
        Line(text, $"Seed {Settings.Seed}, {Settings.Seconds} s of faults, {Took.TotalSeconds:F0} s in all.");
        Line(text, $"{Tally.Kills} SIGKILL, {Tally.Stops} SIGSTOP, {Tally.Hosts} hosts started, {Faults} injected faults.");
        Line(text, $"{Operations} operations, {Acknowledged} records acknowledged, {Polls} polls with records.");
        foreach (var kind in Evidence.Operations.GroupBy(operation => operation.Step.GetType().Name).OrderByDescending(kind => kind.Count()))
        {
            var counts = kind.CountBy(operation => operation.Outcome).ToDictionary();
            var (ok, fail, info) = (counts.GetValueOrDefault(Outcome.Ok), counts.GetValueOrDefault(Outcome.Fail), counts.GetValueOrDefault(Outcome.Info));
            Line(text, $"  {kind.Key,-10} {kind.Count(),7}: {ok} ok, {fail} fail, {info} info");
        }

        Counts(text, "Statuses", Evidence.Operations.CountBy(operation => $"{operation.Status}/{operation.Code}"));
        Counts(text, "Faults", Tally.Faults);
        Counts(text, "Errors that hosts logged", Tally.HostFailures.CountBy(Kind));
        foreach (var line in Tally.HostFailures.Where(line => line.Contains("answered 50002", StringComparison.Ordinal)).Take(Shown))
        {
            Line(text, $"  {line}");
        }

        var settled = Evidence.Groups.Select(group => $"{group.Name} {group.SettledAfter.TotalSeconds:F1} s");
        Line(text, $"Groups settled after: {string.Join(", ", settled)}");
        Line(text, $"{Anomalies.Count} anomalies{(Anomalies.Count > 0 ? $"; again: {Settings.Replay}" : "")}");
        foreach (var name in Anomalies.GroupBy(anomaly => anomaly.Name))
        {
            Line(text, $"  {name.Key}: {name.Count()}");
            foreach (var anomaly in name.Take(Shown))
            {
                Line(text, $"    {anomaly.Message}");
            }
        }

        return text.ToString();
    }

    private static void Counts(StringBuilder text, string title, IEnumerable<KeyValuePair<string, int>> counts)
    {
        var shown = counts.OrderByDescending(count => count.Value).Take(Shown).Select(count => $"{count.Key} {count.Value}");
        Line(text, $"{title}: {string.Join(", ", shown)}");
    }

    // Lines differ by the request's id; without it they are few.
    private static string Kind(string line)
    {
        var words = line.Split(' ').Where(word => word.Length < 32 || !word.All(char.IsAsciiHexDigit));
        var text = string.Join(' ', words);
        return text.Length > LineLengthMax ? text[..LineLengthMax] : text;
    }

    private static void Line(StringBuilder text, FormattableString line) => text.AppendLine(line.ToString(CultureInfo.InvariantCulture));
}
