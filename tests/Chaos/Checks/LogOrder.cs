using Serverless.Chaos.History;

namespace Serverless.Chaos.Checks;

/// <summary>Whether logs keep their order, in offsets and in real time: L6, L8, L9, L10 and L14.</summary>
public static class LogOrder
{
    public static IEnumerable<Anomaly> Check(Evidence evidence) => evidence.Logs.SelectMany(log =>
    {
        var (at, records) = log;
        return (IEnumerable<Anomaly>)
        [
            .. Dense(evidence, at, records), .. RealTime(evidence, at), .. Begins(evidence, at), .. Unchanged(evidence, at),
            .. OutOfRange(evidence, at), .. ByTime(evidence, at, records),
        ];
    });

    // There are no transactions yet, so no control records that a reader does not see: every offset is a record.
    private static IEnumerable<Anomaly> Dense(Evidence evidence, At at, IReadOnlyList<Seen> records)
    {
        var end = evidence.Of<Ends>().Where(ends => ends.Operation.IsOk && ends.Step.At == at).Select(ends => ends.Step.End)
            .DefaultIfEmpty().Max();
        for (var offset = 0L; offset < Math.Max(end, records.Count); offset++)
        {
            if (offset >= records.Count || records[(int)offset].Offset != offset)
            {
                yield return new Anomaly("L6", $"{at} has no record {offset}, and its end is {end}.");
                yield break;
            }
        }

        foreach (var (operation, read) in evidence.Of<Read>().Where(read => read.Operation.IsOk && read.Step.At == at))
        {
            var from = read.Offset ?? (read.Records.Count > 0 ? read.Records[0].Offset : 0);
            if (read.Records.Where((record, index) => record.Offset != from + index).Any())
            {
                yield return new Anomaly(
                    "L6", $"{operation} of {at} from {from} gave {string.Join(' ', read.Records.Select(record => record.Offset))}.");
            }
        }
    }

    // Whatever was told of the end, or of a record, before a request began holds for its answer.
    private static IEnumerable<Anomaly> RealTime(Evidence evidence, At at)
    {
        var told = new Frontier();
        var asked = new List<(Operation Operation, long EndMin, string Name)>();
        foreach (var operation in evidence.Operations)
        {
            switch (operation.Step)
            {
                case Produce produce when produce.Topic == at.Topic:
                    var stored = produce.Records.Where(record => record.Partition == at.Partition && record.Outcome == Outcome.Ok).ToList();
                    if (stored.Count > 0)
                    {
                        told.Add(operation.Returned, stored.Max(record => record.Offset) + 1, operation);
                        asked.Add((operation, stored.Min(record => record.Offset), "L8"));
                    }

                    break;
                case Ends ends when operation.IsOk && ends.At == at:
                    told.Add(operation.Returned, ends.End, operation);
                    asked.Add((operation, ends.End, "L9"));
                    break;
                case Read read when operation.IsOk && read.At == at:
                    if (read.Records.Count > 0)
                    {
                        told.Add(operation.Returned, read.Records[^1].Offset + 1, operation);
                    }
                    else if (read.Offset is { } offset)
                    {
                        // Nothing was there, so the end was no further than this.
                        asked.Add((operation, offset, "L14"));
                    }

                    break;
                case Poll poll when operation.IsOk:
                    var polled = poll.Records.Where(record => record.At == at).ToList();
                    if (polled.Count > 0)
                    {
                        told.Add(operation.Returned, polled[^1].Offset + 1, operation);
                    }

                    break;
            }
        }

        told.Seal();
        return asked.Select(answer => (answer.Operation, answer.EndMin, Name: NameOf(answer), Known: told.Before(answer.Operation.Invoked)))
            .Where(answer => answer.Known.End > answer.EndMin)
            .Select(answer => new Anomaly(
                answer.Name, $"{at} ended at {answer.Known.End} by {answer.Known.By}, and at {answer.EndMin} by {answer.Operation} later."));

        // An end that leaves out what was acknowledged is the graver thing; one that falls behind another read is its own.
        string NameOf((Operation Operation, long EndMin, string Name) answer) =>
            answer.Name == "L9" && told.Before(answer.Operation.Invoked).By?.Step is Produce ? "L8" : answer.Name;
    }

    private static IEnumerable<Anomaly> Begins(Evidence evidence, At at)
    {
        var told = new Frontier();
        var reads = evidence.Of<Ends>().Where(ends => ends.Operation.IsOk && ends.Step.At == at).ToList();
        reads.ForEach(ends => told.Add(ends.Operation.Returned, ends.Step.Begin, ends.Operation));
        told.Seal();
        return reads.Where(ends => ends.Step.Begin < told.Before(ends.Operation.Invoked).End || ends.Step.Begin > ends.Step.End)
            .Select(ends => new Anomaly("L9", $"{at} began later before: {ends.Step} by {ends.Operation}."));
    }

    private static IEnumerable<Anomaly> Unchanged(Evidence evidence, At at) => evidence.Sightings().Select(sighting => sighting.Record)
        .Concat(evidence.Logs[at]).Where(record => record.At == at).Select(record => (record.Offset, record.Timestamp)).Distinct()
        .GroupBy(record => record.Offset).Where(same => same.Count() > 1)
        .Select(same => new Anomaly("L10", $"{at}@{same.Key} is of {string.Join(" and of ", same.Select(record => record.Timestamp))}."));

    private static IEnumerable<Anomaly> OutOfRange(Evidence evidence, At at)
    {
        var end = evidence.Logs[at].Count;
        foreach (var (operation, read) in evidence.Of<Read>().Where(read => read.Step.At == at && read.Step.Offset is not null))
        {
            if (operation.IsOk && read.Offset > end)
            {
                yield return new Anomaly("L14", $"{operation} from {read.Offset} was answered, and {at} never came beyond {end}.");
            }
        }
    }

    // The first record of that time or later. As a log only grows at its end, it is the first one for ever, once it is there.
    private static IEnumerable<Anomaly> ByTime(Evidence evidence, At at, IReadOnlyList<Seen> records)
    {
        var there = new Frontier();
        foreach (var (operation, record) in evidence.Sightings().Where(sighting => sighting.Record.At == at))
        {
            there.Add(operation.Returned, record.Offset + 1, operation);
        }

        there.Seal();
        foreach (var (operation, read) in evidence.Of<Read>()
            .Where(read => read.Operation.IsOk && read.Step is { Timestamp: not null } step && step.At == at))
        {
            var first = records.Where(record => record.Timestamp >= read.Timestamp).Select(record => record.Offset)
                .DefaultIfEmpty(long.MaxValue).First();
            if (first < there.Before(operation.Invoked).End && (read.Records.Count == 0 || read.Records[0].Offset != first))
            {
                yield return new Anomaly("L8", $"{operation} of {at} from time {read.Timestamp} must begin at {first}.");
            }
        }
    }
}
