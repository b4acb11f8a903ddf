using System.Globalization;
using System.Text;
using Serverless.Chaos.Checks;
using Serverless.Chaos.History;

namespace Serverless.Chaos.World;

/// <summary>What a run came to.</summary>
internal sealed record Summary(ChaosSettings Settings, Tally Tally, Evidence Evidence, IReadOnlyList<Anomaly> Anomalies, TimeSpan Took)
{
    private const int Shown = 20;

    public int Operations => Evidence.Operations.Count;

    public int Acknowledged => Evidence.Of<Produce>().Sum(send => send.Step.Records.Count(record => record.Outcome == Outcome.Ok));

    public int Polls => Evidence.Of<Poll>().Count(poll => poll.Operation.IsOk && poll.Step.Records.Count > 0);

    public int Faults => Tally.Faults.Values.Sum();

    public override string ToString()
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"Seed {Settings.Seed}, {Settings.Seconds} s of faults, {Took.TotalSeconds:F0} s in all.");
        text.AppendLine(CultureInfo.InvariantCulture, $"{Operations} operations; {Acknowledged} records acknowledged, {Evidence.Logs.Values.Sum(log => log.Count)} in the logs; {Polls} polls with records.");
        text.AppendLine(CultureInfo.InvariantCulture, $"{Tally.Kills} SIGKILL, {Tally.Stops} SIGSTOP, {Tally.Hosts} hosts started, {Faults} injected faults.");
        foreach (var kind in Evidence.Operations.GroupBy(operation => operation.Step.GetType().Name).OrderByDescending(kind => kind.Count()))
        {
            var counts = kind.CountBy(operation => operation.Outcome).ToDictionary();
            text.AppendLine(CultureInfo.InvariantCulture, $"  {kind.Key,-10} {kind.Count(),7}: {counts.GetValueOrDefault(Outcome.Ok)} ok, {counts.GetValueOrDefault(Outcome.Fail)} fail, {counts.GetValueOrDefault(Outcome.Info)} info");
        }

        Append(text, "Statuses", Evidence.Operations.CountBy(operation => $"{operation.Status}/{operation.Code}"));
        Append(text, "Faults", Tally.Faults);
        Append(text, "Logged as errors by hosts", Tally.HostFailures.CountBy(line => line.Length > 140 ? line[..140] : line));
        Append(text, "Groups settled after", Evidence.Groups.Select(group => KeyValuePair.Create(group.Name, (int)group.SettledAfter.TotalMilliseconds)));
        text.AppendLine(CultureInfo.InvariantCulture, $"{Anomalies.Count} anomalies{(Anomalies.Count > 0 ? "; again: " + Settings.Replay : "")}");
        foreach (var name in Anomalies.GroupBy(anomaly => anomaly.Name))
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"  {name.Key}: {name.Count()}");
            name.Take(Shown).ToList().ForEach(anomaly => text.AppendLine(CultureInfo.InvariantCulture, $"    {anomaly.Message}"));
        }

        return text.ToString();
    }

    private static void Append(StringBuilder text, string title, IEnumerable<KeyValuePair<string, int>> counts) => text.AppendLine(
        CultureInfo.InvariantCulture, $"{title}: {string.Join(", ", counts.OrderByDescending(count => count.Value).Take(Shown).Select(count => $"{count.Key} {count.Value}"))}");
}
