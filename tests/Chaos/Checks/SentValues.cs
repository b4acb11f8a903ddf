using Serverless.Chaos.History;

namespace Serverless.Chaos.Checks;

/// <summary>Whether the topics that stay hold what was sent to them: L1 to L5, L7 and L13.</summary>
public static class SentValues
{
    public static IEnumerable<Anomaly> Check(Evidence evidence)
    {
        var sends = evidence.Of<Produce>().Where(send => IsChecked(evidence, send.Step.Topic)).ToList();
        var sent = sends.SelectMany(send => send.Step.Records.Select(record => (send.Step.Topic, Record: record)))
            .ToDictionary(send => send.Record.Value, send => (At: new At(send.Topic, send.Record.Partition), send.Record));
        var places = PlacesOf(evidence);
        var inLogs = evidence.Logs.Values.SelectMany(log => log).Select(record => (record.At, record.Offset, record.Value)).ToHashSet();
        return
        [
            .. Missing(sent.Values, inLogs, places), .. SeenAndLost(places, inLogs), .. OfOnePlace(places), .. OfOneValue(sent.Values, places),
            .. NeverSent(sent, places), .. sends.SelectMany(send => Whole(send.Operation, send.Step, evidence)), .. Rising(sends),
        ];
    }

    // Topics that come and go are another check's matter.
    private static bool IsChecked(Evidence evidence, string topic) => evidence.Logs.Keys.Any(at => at.Topic == topic);

    private static List<(At At, long Offset, string? Value)> PlacesOf(Evidence evidence) =>
    [
        .. evidence.Sightings().Select(sighting => sighting.Record).Concat(evidence.Logs.Values.SelectMany(log => log))
            .Where(record => evidence.Logs.ContainsKey(record.At))
            .Select(record => (record.At, record.Offset, record.Value)).Distinct(),
    ];

    private static IEnumerable<Anomaly> Missing(
        IEnumerable<(At At, Sent Record)> sent, HashSet<(At, long, string?)> inLogs, List<(At At, long Offset, string? Value)> places)
    {
        var known = places.Select(place => place.Value).ToHashSet();
        return sent.Where(send => send.Record.Outcome == Outcome.Ok && !inLogs.Contains((send.At, send.Record.Offset, send.Record.Value)))
            .Select(send => known.Contains(send.Record.Value)
                ? new Anomaly("L3", $"{send.Record.Value} was acknowledged at {send.At}@{send.Record.Offset}, and is not there but elsewhere.")
                : new Anomaly("L1", $"{send.Record.Value} was acknowledged at {send.At}@{send.Record.Offset}, and is nowhere."));
    }

    private static IEnumerable<Anomaly> SeenAndLost(
        List<(At At, long Offset, string? Value)> places, HashSet<(At, long, string?)> inLogs) =>
        places.Where(place => place.Value is not null && !inLogs.Contains(place))
            .Select(place => new Anomaly("L1", $"{place.Value} was seen at {place.At}@{place.Offset}, and is not there in the end."));

    private static IEnumerable<Anomaly> OfOnePlace(List<(At At, long Offset, string? Value)> places) => places
        .Where(place => place.Value is not null).GroupBy(place => place.Value).Where(same => same.Count() > 1)
        .Select(same => new Anomaly("L2", $"{same.Key} is at {string.Join(" and at ", same.Select(place => $"{place.At}@{place.Offset}"))}."));

    private static IEnumerable<Anomaly> OfOneValue(
        IEnumerable<(At At, Sent Record)> sent, List<(At At, long Offset, string? Value)> places) => places
        .Concat(sent.Where(send => send.Record.Outcome == Outcome.Ok).Select(send => (send.At, send.Record.Offset, Value: (string?)send.Record.Value)))
        .Distinct().GroupBy(place => (place.At, place.Offset)).Where(same => same.Count() > 1)
        .Select(same => new Anomaly("L3", $"{same.Key.At}@{same.Key.Offset} is {string.Join(" and ", same.Select(place => place.Value))}."));

    private static IEnumerable<Anomaly> NeverSent(
        Dictionary<string, (At At, Sent Record)> sent, List<(At At, long Offset, string? Value)> places)
    {
        foreach (var place in places)
        {
            if (place.Value is null)
            {
                yield return new Anomaly("L13", $"What was read at {place.At}@{place.Offset} is no whole record.");
            }
            else if (!sent.TryGetValue(place.Value, out var send))
            {
                yield return new Anomaly("L4", $"{place.Value} is at {place.At}@{place.Offset}, and nobody sent it.");
            }
            else if (send.At != place.At)
            {
                yield return new Anomaly("L4", $"{place.Value} is in {place.At}, and was sent to {send.At}.");
            }
            else if (send.Record.Outcome == Outcome.Fail)
            {
                yield return new Anomaly("L4", $"{place.Value} was refused, and is at {place.At}@{place.Offset}.");
            }
        }
    }

    // The records of one request for one partition: all of them side by side, or none.
    private static IEnumerable<Anomaly> Whole(Operation operation, Produce produce, Evidence evidence)
    {
        foreach (var part in produce.Records.GroupBy(record => record.Partition))
        {
            var values = part.Select(record => record.Value).ToList();
            var log = LogIndex.Of(evidence, new At(produce.Topic, part.Key));
            var offsets = values.Select(log.OffsetOf).ToList();
            var isWhole = offsets.TrueForAll(offset => offset < 0)
                || offsets.Select((offset, index) => offset >= 0 && offset == offsets[0] + index).All(follows => follows);
            if (!isWhole)
            {
                yield return new Anomaly("L5", $"{operation}: {string.Join(' ', values)} are at {string.Join(' ', offsets)}.");
            }
        }
    }

    private static IEnumerable<Anomaly> Rising(List<(Operation Operation, Produce Step)> sends) =>
        from send in sends
        from record in send.Step.Records
        where record.Outcome == Outcome.Ok
        group (send.Operation, record) by (send.Operation.Process, At: new At(send.Step.Topic, record.Partition)) into lane
        let ordered = lane.OrderBy(sent => sent.Operation.Invoked).ToList()
        from pair in ordered.Zip(ordered.Skip(1))
        where pair.First.record.Offset >= pair.Second.record.Offset
        select new Anomaly("L7", $"{lane.Key.Process} sent {pair.Second.record} after {pair.First.record}.");
}
