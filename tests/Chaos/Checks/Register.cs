using Serverless.Chaos.History;

namespace Serverless.Chaos.Checks;

/// <summary>A value that was written, or may have been: not before Earliest, and where it is sure, not after Latest.</summary>
internal readonly record struct Write(long Value, long Earliest, long Latest, bool IsSure, Operation By);

/// <summary>The committed offset of one partition in one group: what was written to it, and whether a read is one that could be.</summary>
/// <remarks>
/// A read may give the last write before it or any that ran meanwhile; one that nobody can tell the end of runs for ever.
/// So a read is wrong where nobody wrote its value by then, or where another write, or a read of another write, came
/// surely between the two.
/// </remarks>
internal sealed class Register(IReadOnlyList<Write> writes)
{
    public const long Absent = -1;

    private readonly List<Write> _writes = [.. writes.OrderBy(write => write.Earliest)];
    private readonly List<Write> _sure = [.. writes.Where(write => write.IsSure).OrderByDescending(write => write.Earliest)];
    private readonly ILookup<long, Write> _byValue = writes.ToLookup(write => write.Value);

    /// <summary>The registers of all groups.</summary>
    public static Dictionary<(string Group, At At), Register> Of(Evidence evidence)
    {
        var writes = new List<(string Group, At At, Write Write)>();
        var kinds = evidence.Groups.ToDictionary(group => group.Name, group => group.Delivery);
        foreach (var operation in evidence.Operations.OrderBy(operation => operation.Invoked))
        {
            switch (operation.Step)
            {
                case Commit commit when operation.Outcome != Outcome.Fail:
                    writes.AddRange(commit.Stored.Select(next => (commit.Group, next.At, Of(operation, next.Offset, operation.IsOk))));
                    break;
                case Reset reset when operation.Outcome != Outcome.Fail:
                    writes.Add((reset.Group, reset.To.At, Of(operation, reset.To.Offset, operation.IsOk)));
                    break;
                case Poll poll when operation.IsOk && kinds.GetValueOrDefault(poll.Group) != Delivery.Manual:
                    // In one transaction with the poll, or in one of any later request of the same instance.
                    writes.AddRange(poll.Records.GroupBy(record => record.At).Select(slice => (poll.Group, slice.Key,
                        kinds[poll.Group] == Delivery.AtMostOnce
                            ? Of(operation, slice.Max(record => record.Offset) + 1, isSure: true)
                            : new Write(slice.Max(record => record.Offset) + 1, operation.Invoked, long.MaxValue, false, operation))));
                    break;
            }
        }

        return writes.GroupBy(write => (write.Group, write.At))
            .ToDictionary(same => same.Key, same => new Register([.. same.Select(write => write.Write)]));
    }

    /// <summary>Why a read in this time cannot have given this value; null where it can.</summary>
    public string? Complaint(long value, long invoked, long returned)
    {
        var candidates = value == Absent
            ? [new Write(Absent, long.MinValue, long.MinValue, true, null!)]
            : _byValue[value].Where(write => write.Earliest <= returned).ToList();
        if (candidates.Count == 0)
        {
            return $"{value} was never written by then";
        }

        // The sure write that began last of those that ended before the read: whatever ended before it began is overwritten.
        var over = _sure.Find(write => write.Latest < invoked);
        return over.By is null || over.Value == value || candidates.Exists(write => write.Latest >= over.Earliest)
            ? null
            : $"{value} was overwritten by {over.Value} ({over.By})";
    }

    /// <summary>Whether this may have been written after one moment and before another.</summary>
    public bool MayBeWritten(long value, long after, long before) =>
        _byValue[value].Any(write => write.Latest > after && write.Earliest < before);

    public IReadOnlyList<Write> Writes => _writes;

    private static Write Of(Operation operation, long value, bool isSure) => new(value, operation.Invoked, operation.Settled, isSure, operation);
}
