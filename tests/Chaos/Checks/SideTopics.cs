using Serverless.Chaos.History;

namespace Serverless.Chaos.Checks;

/// <summary>Whether topics that come and go are what they were made for: L1, L3, L6, and that what is closed is closed.</summary>
public static class SideTopics
{
    public static IEnumerable<Anomaly> Check(Evidence evidence) => evidence.Operations
        .Where(operation => TopicOf(operation.Step) is { } topic && !evidence.Logs.Keys.Any(at => at.Topic == topic))
        .GroupBy(operation => TopicOf(operation.Step)!).SelectMany(topic => Walk(topic.OrderBy(operation => operation.Invoked)));

    // A host may know a topic for so long without asking, and gives its records as long, though it was deleted and made anew elsewhere.
    private static readonly long StaleMax = (long)TimeSpan.FromSeconds(5.5).TotalMicroseconds;

    // One client has it alone and asks for one thing after another. Where it does not know whether the topic was made or deleted, it leaves it.
    private static IEnumerable<Anomaly> Walk(IEnumerable<Operation> operations)
    {
        var (isThere, isGone, droppedAt) = (false, false, long.MinValue / 2);
        var acknowledged = new Dictionary<long, string>();
        var formerly = new HashSet<string?>();
        foreach (var operation in operations)
        {
            switch (operation.Step)
            {
                case MakeTopic when operation.IsOk:
                    (isThere, isGone) = (true, false);
                    acknowledged.Clear();
                    break;
                case MakeTopic or DropTopic when operation.Outcome == Outcome.Info:
                    yield break;
                case MakeTopic or DropTopic when operation.Outcome == Outcome.Fail:
                    yield return new Anomaly("T1", $"{operation} of {operation.Step} was refused.");
                    break;
                case DropTopic:
                    (isThere, isGone, droppedAt) = (false, true, operation.Returned);
                    formerly.UnionWith(acknowledged.Values);
                    break;
                case Produce produce:
                    foreach (var sent in produce.Records.Where(record => record.Outcome == Outcome.Ok))
                    {
                        acknowledged[sent.Offset] = sent.Value;
                    }

                    if (isGone && produce.Records.Any(record => record.Outcome == Outcome.Ok))
                    {
                        yield return new Anomaly("T2", $"{operation} of {produce} was stored, and its topic was deleted.");
                    }
                    else if (isThere && produce.Records.Any(record => record.Outcome == Outcome.Fail))
                    {
                        yield return new Anomaly("A1", $"{operation} of {produce} was refused, and its topic is there.");
                    }

                    break;
                case Read read when operation.IsOk && operation.Invoked - droppedAt < StaleMax && read.Records.All(record => formerly.Contains(record.Value)):
                    break;
                case Read read when operation.IsOk && isThere:
                    if (read.Records.Where((record, index) => record.Offset != index).Any())
                    {
                        yield return new Anomaly("L6", $"{operation} gave {string.Join(' ', read.Records.Select(record => record.Offset))}.");
                    }

                    var found = read.Records.ToDictionary(record => record.Offset, record => record.Value);
                    foreach (var (offset, value) in acknowledged.Where(sent => found.GetValueOrDefault(sent.Key) != sent.Value))
                    {
                        yield return new Anomaly(
                            found.ContainsKey(offset) ? "L3" : "L1", $"{value} was acknowledged at {read.At}@{offset}, and {found.GetValueOrDefault(offset)} is there.");
                    }

                    break;
            }
        }
    }

    private static string? TopicOf(Step step) => step switch
    {
        MakeTopic make => make.Topic,
        DropTopic drop => drop.Topic,
        Produce produce => produce.Topic,
        Read read => read.At.Topic,
        _ => null,
    };
}
