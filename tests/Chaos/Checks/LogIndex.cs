using System.Runtime.CompilerServices;
using Serverless.Chaos.History;

namespace Serverless.Chaos.Checks;

/// <summary>Where the values of a partition lie in the end.</summary>
internal sealed class LogIndex
{
    // Checks ask for the same logs over and over.
    private static readonly ConditionalWeakTable<IReadOnlyList<Seen>, LogIndex> Known = [];

    private readonly Dictionary<string, long> _offsets = [];

    private LogIndex(IReadOnlyList<Seen> log)
    {
        foreach (var record in log.Where(record => record.Value is not null))
        {
            _offsets.TryAdd(record.Value!, record.Offset);
        }
    }

    public static LogIndex Of(Evidence evidence, At at) =>
        Known.GetValue(evidence.Logs.GetValueOrDefault(at, []), log => new LogIndex(log));

    /// <summary>-1 where it is nowhere.</summary>
    public long OffsetOf(string value) => _offsets.GetValueOrDefault(value, -1);
}
