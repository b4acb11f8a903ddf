using Serverless.Chaos.History;

namespace Serverless.Chaos.Checks;

/// <summary>Whether topics that come and go are what they were made for: L1, L3, L6, A1, and D1 and D2 of their own.</summary>
/// <remarks>
/// One client has such a topic alone and asks for one thing after another. Where it does not know whether the topic was made or
/// deleted, it leaves that name, and so does this check.
/// </remarks>
public static class SideTopics
{
    // A host may know a topic for so long without asking, and gives its records as long, though it was deleted and made anew elsewhere.
    private static readonly long StaleMax = (long)TimeSpan.FromSeconds(5.5).TotalMicroseconds;

    public static IEnumerable<Anomaly> Check(Evidence evidence) => evidence.Operations
        .Where(operation => TopicOf(operation.Step) is { } topic && !evidence.Logs.Keys.Any(at => at.Topic == topic))
        .GroupBy(operation => TopicOf(operation.Step)!)
        .SelectMany(topic => new Walk().Through(topic.OrderBy(operation => operation.Invoked)));

    private static string? TopicOf(Step step) => step switch
    {
        MakeTopic make => make.Topic,
        DropTopic drop => drop.Topic,
        Produce produce => produce.Topic,
        Read read => read.At.Topic,
        _ => null,
    };

    private sealed class Walk
    {
        private readonly Dictionary<long, string> _acknowledged = [];
        private readonly Dictionary<long, string?> _found = [];
        private bool _isThere, _isGone;
        private long _droppedAt = long.MinValue / 2;

        public IEnumerable<Anomaly> Through(IEnumerable<Operation> operations) => operations
            .TakeWhile(operation => operation is not { Step: MakeTopic or DropTopic, Outcome: Outcome.Info })
            .SelectMany(operation => operation.Step switch
            {
                MakeTopic or DropTopic when operation.Outcome == Outcome.Fail =>
                    [new Anomaly("D1", $"{operation} of {operation.Step} was refused.")],
                MakeTopic => Made(),
                DropTopic => Dropped(operation),
                Produce produce => Produced(operation, produce),
                Read read when operation.IsOk && _isThere => Was(operation, read),
                _ => [],
            });

        private IEnumerable<Anomaly> Made()
        {
            (_isThere, _isGone) = (true, false);
            _acknowledged.Clear();
            return [];
        }

        private IEnumerable<Anomaly> Dropped(Operation operation)
        {
            (_isThere, _isGone, _droppedAt) = (false, true, operation.Returned);
            return [];
        }

        private IEnumerable<Anomaly> Produced(Operation operation, Produce produce)
        {
            foreach (var sent in produce.Records.Where(record => record.Outcome == Outcome.Ok))
            {
                _acknowledged[sent.Offset] = sent.Value;
            }

            if (_isGone && produce.Records.Any(record => record.Outcome == Outcome.Ok))
            {
                yield return new Anomaly("D2", $"{operation} of {produce} was stored, and its topic was deleted.");
            }
            else if (_isThere && produce.Records.Any(record => record.Outcome == Outcome.Fail))
            {
                yield return new Anomaly("A1", $"{operation} of {produce} was refused, and its topic is there.");
            }
        }

        // The pages of one walk over the whole topic, which ends with one that has nothing.
        private IEnumerable<Anomaly> Was(Operation operation, Read read)
        {
            if (read.Offset == 0)
            {
                _found.Clear();
            }

            foreach (var record in read.Records)
            {
                _found[record.Offset] = record.Value;
            }

            if (read.Records.Where((record, index) => record.Offset != read.Offset + index).Any())
            {
                yield return new Anomaly("L6", $"{operation} gave {string.Join(' ', read.Records.Select(record => record.Offset))}.");
            }

            if (read.Records.Count > 0 || operation.Invoked - _droppedAt < StaleMax)
            {
                yield break;
            }

            foreach (var (offset, value) in _acknowledged.Where(sent => _found.GetValueOrDefault(sent.Key) != sent.Value))
            {
                yield return new Anomaly(
                    _found.ContainsKey(offset) ? "L3" : "L1",
                    $"{value} was acknowledged at {read.At}@{offset}, and {_found.GetValueOrDefault(offset, "nothing")} is there.");
            }
        }
    }
}
