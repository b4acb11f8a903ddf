using Serverless.Chaos.History;

namespace Serverless.Chaos.Checks;

/// <summary>Whether each member polls on from where it was, or from the commits, and whether two ever had one partition: G1, G4 and G7.</summary>
public static class Tenures
{
    /// <summary>What an ok poll gave of one partition.</summary>
    private readonly record struct Slice(Operation Operation, long From, long To);

    public static IEnumerable<Anomaly> Check(Evidence evidence)
    {
        var registers = Register.Of(evidence);
        foreach (var instance in evidence.Operations.Where(operation => MemberOf(operation.Step) is not null)
            .GroupBy(operation => MemberOf(operation.Step)!.Value))
        {
            var (group, member) = instance.Key;
            var operations = instance.OrderBy(operation => operation.Invoked).ToList();
            var beats = operations.Where(operation => operation is { IsOk: true, Step: Heartbeat })
                .Select(operation => (Operation: operation, ((Heartbeat)operation.Step).Generation)).ToList();
            foreach (var (first, second) in beats.Zip(beats.Skip(1)).Where(pair => pair.Second.Generation < pair.First.Generation))
            {
                yield return new Anomaly("G7", $"{group} {member}: generation {second.Generation} by {second.Operation} after {first.Generation}.");
            }

            foreach (var partition in SlicesOf(operations))
            {
                var register = registers.GetValueOrDefault((group, partition.Key)) ?? new Register([]);
                var isAtMostOnce = evidence.Groups.Any(known => known.Name == group && known.Delivery == Delivery.AtMostOnce);
                foreach (var anomaly in Walk(partition.Value, operations[0], beats, register, isAtMostOnce))
                {
                    yield return anomaly with { Message = $"{group} {member} {partition.Key}: {anomaly.Message}" };
                }
            }
        }
    }

    private static IEnumerable<Anomaly> Walk(
        List<Slice> slices, Operation joined, List<(Operation Operation, int Generation)> beats, Register register, bool isAtMostOnce)
    {
        if (!isAtMostOnce && StartComplaint(register, slices[0].From, joined.Invoked, slices[0].Operation.Returned) is { } complaint)
        {
            yield return new Anomaly("G4", $"{slices[0].Operation} begins at {slices[0].From}: {complaint}.");
        }

        foreach (var (before, next) in slices.Zip(slices.Skip(1)))
        {
            if (next.From == before.To)
            {
                continue;
            }

            // It was another's meanwhile, so its generation is another one, and it begins at the commit.
            var from = beats.FindLast(beat => beat.Operation.Returned < before.Operation.Invoked);
            var to = beats.Find(beat => beat.Operation.Invoked > next.Operation.Returned);
            if (from.Operation is not null && to.Operation is not null && from.Generation == to.Generation)
            {
                yield return new Anomaly(
                    "G4", $"{next.Operation} begins at {next.From}, behind {before.To}, in one generation {from.Generation}.");
            }
            else if (isAtMostOnce
                ? next.From < before.To
                : StartComplaint(register, next.From, before.Operation.Invoked, next.Operation.Returned) is not null)
            {
                yield return new Anomaly("G4", $"{next.Operation} begins at {next.From}, behind {before.To}, and that was not committed.");
            }
        }

        foreach (var commit in register.Writes.Where(write => write.IsSure && IsIntrusion(register, slices, write)))
        {
            yield return new Anomaly("G1", $"it goes on polling, and meanwhile {commit.Value} was committed by another: {commit.By}.");
        }
    }

    // Without a commit it begins where the log does.
    private static string? StartComplaint(Register register, long from, long invoked, long returned) =>
        from == 0 && register.Complaint(Register.Absent, invoked, returned) is null ? null : register.Complaint(from, invoked, returned);

    // Who goes on where it was, from before a commit to after it, has had the partition all the time: so nobody else can have committed.
    // Had it lost the partition and got it back, it would go on at that commit, or at one that came after it.
    private static bool IsIntrusion(Register register, List<Slice> slices, Write commit)
    {
        var last = slices.FindLastIndex(slice => slice.Operation.Returned < commit.Earliest);
        var next = slices.FindIndex(slice => slice.Operation.Invoked > commit.Latest);
        if (last < 0 || next < 0 || MemberOf(commit.By.Step) == MemberOf(slices[0].Operation.Step))
        {
            return false;
        }

        return slices[(last + 1)..(next + 1)].Zip(slices[last..next]).All(pair => pair.First.From == pair.Second.To
            && pair.First.From != commit.Value
            && !register.MayBeWritten(pair.First.From, commit.Earliest, slices[next].Operation.Invoked));
    }

    private static Dictionary<At, List<Slice>> SlicesOf(List<Operation> operations)
    {
        var slices = new Dictionary<At, List<Slice>>();
        foreach (var (operation, poll) in operations.Where(operation => operation is { IsOk: true, Step: Poll })
            .Select(operation => (operation, (Poll)operation.Step)))
        {
            // Within a poll, records that do not follow each other are slices of their own, and so found out.
            foreach (var record in poll.Records)
            {
                if (!slices.TryGetValue(record.At, out var list))
                {
                    slices[record.At] = list = [];
                }

                if (list.Count > 0 && list[^1].Operation == operation && list[^1].To == record.Offset)
                {
                    list[^1] = list[^1] with { To = record.Offset + 1 };
                }
                else
                {
                    list.Add(new Slice(operation, record.Offset, record.Offset + 1));
                }
            }
        }

        return slices;
    }

    private static (string Group, string Member)? MemberOf(Step step) => step switch
    {
        Join join => (join.Group, join.Member),
        Leave leave => (leave.Group, leave.Member),
        Poll poll => (poll.Group, poll.Member),
        Commit commit => (commit.Group, commit.Member),
        Heartbeat beat => (beat.Group, beat.Member),
        Assigned assigned => (assigned.Group, assigned.Member),
        _ => null,
    };
}
