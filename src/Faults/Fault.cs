namespace Serverless.Faults;

/// <summary>What goes wrong with one request on its way to the service or back.</summary>
public enum FaultKind
{
    /// <summary>The connection breaks before the service sees the request.</summary>
    LostRequest,

    /// <summary>The service does what it is asked; the connection breaks before it can say so.</summary>
    LostResponse,

    /// <summary>An error is the answer, and the service never sees the request.</summary>
    ErrorWithoutEffect,

    /// <summary>The service does what it is asked, and an error is the answer all the same.</summary>
    ErrorWithEffect,

    /// <summary>The service does what it is asked, and no answer ever comes.</summary>
    Silence,

    /// <summary>The body of the answer ends early, although its headers promise all of it.</summary>
    ShortBody,

    /// <summary>The request takes its time to the service.</summary>
    Delay,

    /// <summary>The service gets the request once more after it has answered it, as from a network that repeats itself.</summary>
    Twice,
}

/// <summary>A fault; status and code are those of an error, and the bytes those of a short body.</summary>
public sealed record Fault(
    FaultKind Kind, int Status = 503, string ErrorCode = "ServerBusy", int BodyBytesMax = 0, TimeSpan Delay = default)
{
    /// <summary>Whether the service is asked at all.</summary>
    public bool HasEffect => Kind is not (FaultKind.LostRequest or FaultKind.ErrorWithoutEffect);

    public override string ToString() => Kind is FaultKind.ErrorWithEffect or FaultKind.ErrorWithoutEffect
        ? $"{Kind} {Status} {ErrorCode}"
        : $"{Kind}";
}
