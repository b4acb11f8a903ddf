namespace Serverless.Chaos.History;

/// <summary>What a client knows of what it asked for.</summary>
public enum Outcome
{
    /// <summary>It was done.</summary>
    Ok,

    /// <summary>It was refused: it had no effect, and never will.</summary>
    Fail,

    /// <summary>Nobody can say: a time-out, a broken connection, an error of the service. It may still happen.</summary>
    Info,
}
