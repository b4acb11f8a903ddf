using Serverless.Chaos.History;

namespace Serverless.Chaos.Checks;

/// <summary>Whether each answer is one that the contract knows (A1, A2), and a repeated request gets the same one (A3).</summary>
public static class Answers
{
    private const int StorageFailed = 50002, StorageFailedForNow = 50003;

    public static IEnumerable<Anomaly> Check(Evidence evidence) => [.. Statuses(evidence), .. Repetitions(evidence), .. Refused(evidence)];

    private static IEnumerable<Anomaly> Statuses(Evidence evidence) => evidence.Operations.Where(operation => !IsExpected(evidence, operation))
        .Select(operation => new Anomaly(operation.Code == -1 ? "L13" : "A2", $"{operation} is no answer to {operation.Step}."));

    private static bool IsExpected(Evidence evidence, Operation operation) => (operation.Status, operation.Code) switch
    {
        (0, 0) => true,
        ( >= 200 and < 300, 0) => true,
        (500, StorageFailed or StorageFailedForNow) => true,
        (400, 40002) => operation.Step switch
        {
            // Out of range; the make was done by a try before.
            Read { Offset: { } offset, At: var at } => offset > evidence.Logs.GetValueOrDefault(at, []).Count,
            MakeTopic or Look => true,
            _ => false,
        },
        (404, 40401) => TopicOf(operation.Step) is { } topic && !evidence.Logs.Keys.Any(at => at.Topic == topic),
        (404, 40403) => operation.Step is Poll or Commit or Heartbeat or Assigned or Committed or Leave or Join,
        (409, 40902) => operation.Step is Join,
        (409, 40903) => operation.Step is Poll or Commit or Join or Leave or Heartbeat,
        _ => false,
    };

    private static string? TopicOf(Step step) => step switch
    {
        Produce produce => produce.Topic,
        Read read => read.At.Topic,
        DropTopic drop => drop.Topic,
        _ => null,
    };

    private static IEnumerable<Anomaly> Repetitions(Evidence evidence)
    {
        foreach (var second in evidence.Operations.Where(operation => operation.Repeats is not null))
        {
            var first = evidence.Operations[second.Repeats!.Value];
            var isSame = (first.Step, second.Step) switch
            {
                _ when first.Outcome == Outcome.Info || second.Outcome == Outcome.Info => true,
                (Read one, Read other) => first.Outcome == second.Outcome
                    && one.Records.Zip(other.Records).All(pair => pair.First == pair.Second) && (one.Records.Count == 0 || other.Records.Count > 0),
                (Ends one, Ends other) => first.Outcome == second.Outcome && other.Begin >= one.Begin && other.End >= one.End,
                (Commit one, Commit other) => !first.IsOk || !second.IsOk || one.Stored.ToHashSet().SetEquals(other.Stored),
                (Look, Look) => first.Outcome == second.Outcome,
                // What a group is asked may change between the two; other checks see to its answers.
                _ => true,
            };
            if (!isSame)
            {
                yield return new Anomaly("A3", $"{first} {first.Step} was answered otherwise by {second} {second.Step}.");
            }
        }
    }

    // A commit that was refused is none: that nobody else wrote its value by the time that it shows is the register's check. Here: a
    // produce refused for a topic that is there.
    private static IEnumerable<Anomaly> Refused(Evidence evidence) =>
        from send in evidence.Of<Produce>()
        where evidence.Logs.Keys.Any(at => at.Topic == send.Step.Topic)
        from record in send.Step.Records
        where record.Outcome == Outcome.Fail
        select new Anomaly("A1", $"{record} was refused by {send.Operation}, and nothing was wrong with it.");
}
