namespace Serverless.Chaos.Checks;

/// <summary>All that is checked.</summary>
public static class Checkers
{
    public static IReadOnlyList<Anomaly> Check(Evidence evidence) =>
    [
        .. SentValues.Check(evidence), .. LogOrder.Check(evidence), .. CommittedOffsets.Check(evidence), .. Tenures.Check(evidence),
        .. FinalGroups.Check(evidence), .. Answers.Check(evidence), .. SideTopics.Check(evidence),
    ];
}
