using Serverless.Chaos.History;

namespace Serverless.Chaos.Checks;

/// <summary>Whether committed offsets are a register (G3), and cover what was delivered and no more (G5).</summary>
public static class CommittedOffsets
{
    public static IEnumerable<Anomaly> Check(Evidence evidence) =>
        [.. Registers(evidence), .. Forward(evidence), .. Covered(evidence), .. OnlyOnce(evidence), .. Unseen(evidence)];

    private static bool IsAtMostOnce(Evidence evidence, string group) =>
        evidence.Groups.Any(known => known.Name == group && known.Delivery == Delivery.AtMostOnce);

    private static IEnumerable<(Operation Operation, string Group, At At, long Value)> ReadsOf(Evidence evidence) =>
        from read in evidence.Of<Committed>()
        where read.Operation.IsOk
        from at in read.Step.Asked
        let found = read.Step.Found.Where(next => next.At == at).Select(next => next.Offset).DefaultIfEmpty(Register.Absent).First()
        select (read.Operation, read.Step.Group, at, found);

    private static IEnumerable<Anomaly> Registers(Evidence evidence)
    {
        var registers = Register.Of(evidence);
        foreach (var (operation, group, at, value) in ReadsOf(evidence).Where(read => !IsAtMostOnce(evidence, read.Group)))
        {
            var register = registers.GetValueOrDefault((group, at)) ?? new Register([]);
            if (register.Complaint(value, operation.Invoked, operation.Settled) is { } complaint)
            {
                yield return new Anomaly("G3", $"{group} {at}: {complaint}, and was read by {operation}.");
            }
        }
    }

    // A poll that commits and whose reply is lost may have committed anything further on; but never does it go back.
    private static IEnumerable<Anomaly> Forward(Evidence evidence)
    {
        var told = new Dictionary<(string, At), Frontier>();
        var reads = ReadsOf(evidence).Where(read => IsAtMostOnce(evidence, read.Group)).ToList();
        foreach (var (operation, poll) in evidence.Of<Poll>().Where(poll => poll.Operation.IsOk && IsAtMostOnce(evidence, poll.Step.Group)))
        {
            foreach (var record in poll.Records)
            {
                FrontierOf(poll.Group, record.At).Add(operation.Returned, record.Offset + 1, operation);
            }
        }

        reads.ForEach(read => FrontierOf(read.Group, read.At).Add(read.Operation.Returned, read.Value, read.Operation));
        foreach (var frontier in told.Values)
        {
            frontier.Seal();
        }

        return reads.Select(read => (Read: read, Known: FrontierOf(read.Group, read.At).Before(read.Operation.Invoked)))
            .Where(read => read.Known.End > read.Read.Value)
            .Select(read => new Anomaly(
                "G3",
                $"{read.Read.Group} {read.Read.At} was committed at {read.Known.End} by {read.Known.By}, and at {read.Read.Value} by "
                    + $"{read.Read.Operation} later."));

        Frontier FrontierOf(string group, At at)
        {
            if (!told.TryGetValue((group, at), out var frontier))
            {
                told[(group, at)] = frontier = new Frontier();
            }

            return frontier;
        }
    }

    // What stands below a committed offset has come to some member before, unless that is at most once.
    private static IEnumerable<Anomaly> Covered(Evidence evidence)
    {
        var kinds = evidence.Groups.ToDictionary(group => group.Name, group => group.Delivery);
        var delivered = new Dictionary<(string, At), (HashSet<long> Offsets, long Next)>();
        foreach (var operation in evidence.Operations.Where(operation => operation.IsOk).OrderBy(operation => operation.Returned))
        {
            if (operation.Step is Poll poll)
            {
                foreach (var record in poll.Records)
                {
                    var known = delivered.GetValueOrDefault((poll.Group, record.At), ([], 0));
                    known.Offsets.Add(record.Offset);
                    while (known.Offsets.Contains(known.Next))
                    {
                        known.Next++;
                    }

                    delivered[(poll.Group, record.At)] = known;
                }
            }

            var (group, committed) = operation.Step switch
            {
                Commit commit => (commit.Group, commit.Stored),
                Committed read => (read.Group, read.Found),
                _ => ("", []),
            };
            if (!kinds.TryGetValue(group, out var kind) || kind == Delivery.AtMostOnce)
            {
                continue;
            }

            foreach (var next in committed)
            {
                var known = delivered.GetValueOrDefault((group, next.At), ([], 0));
                if (next.Offset > known.Next)
                {
                    yield return new Anomaly(
                        "G5", $"{group} {next.At} is committed at {next.Offset} by {operation}, and {known.Next} has come to nobody.");
                }
            }
        }
    }

    private static IEnumerable<Anomaly> OnlyOnce(Evidence evidence) =>
        from poll in evidence.Of<Poll>()
        where poll.Operation.IsOk && IsAtMostOnce(evidence, poll.Step.Group)
        from record in poll.Step.Records
        group poll.Operation by (poll.Step.Group, record.At, record.Offset) into same
        where same.Count() > 1
        select new Anomaly("G5", $"{same.Key.Group} was to have {same.Key.At}@{same.Key.Offset} at most once: {string.Join(" and ", same)}.");

    private static IEnumerable<Anomaly> Unseen(Evidence evidence)
    {
        var seen = evidence.Of<Poll>().Where(poll => poll.Operation.IsOk)
            .SelectMany(poll => poll.Step.Records.Select(record => (poll.Step.Group, record.At, record.Offset))).ToHashSet();
        return
            from @group in evidence.Groups
            where @group.Delivery != Delivery.AtMostOnce
            from at in @group.Partitions
            let missing = evidence.Logs.GetValueOrDefault(at, []).Where(record => !seen.Contains((@group.Name, at, record.Offset))).ToList()
            where missing.Count > 0
            select new Anomaly("G8", $"{@group.Name} was never given {missing.Count} records of {at}, the first one {missing[0].Offset}.");
    }
}
