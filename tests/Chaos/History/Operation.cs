namespace Serverless.Chaos.History;

/// <summary>One request of one client. Moments are microseconds since the run began.</summary>
/// <param name="Process">The client; it asks for one thing after another.</param>
/// <param name="Host">Who was asked.</param>
/// <param name="Code">The error code of the body; 0 where there was none, -1 where a body of a success could not be read.</param>
/// <param name="Repeats">Which operation this one asked for again, at another host.</param>
public sealed record Operation(
    int Index, long Invoked, long Returned, string Process, string Host, Outcome Outcome, int Status, int Code, Step Step,
    int? Repeats = null)
{
    /// <summary>From when on its effect, if any, must have been: never, where nobody can say that it ended.</summary>
    public long Settled => Outcome == Outcome.Info ? long.MaxValue : Returned;

    public bool IsOk => Outcome == Outcome.Ok;

    public override string ToString() => $"#{Index} {Process} {Step.GetType().Name} [{Invoked}..{Returned}] {Outcome} {Status}/{Code}";
}
