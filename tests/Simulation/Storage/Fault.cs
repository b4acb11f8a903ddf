namespace Serverless.Simulation.Storage;

/// <summary>The calls of the storage ports. Those that change something come first.</summary>
internal enum StorageCall
{
    Create,
    Append,
    Delete,
    Submit,
    Read,
    List,
    Get,
    Query,
}

/// <summary>What becomes of one storage call.</summary>
internal enum Fault
{
    None,

    /// <summary>The request never arrives; the caller waits its timeout out.</summary>
    LostRequest,

    /// <summary>It takes effect, and the reply never arrives.</summary>
    LostReply,

    /// <summary>A 5xx, 408 or 429 at once, without effect.</summary>
    ErrorBefore,

    /// <summary>A 5xx after the effect.</summary>
    ErrorAfter,

    /// <summary>The caller's time runs out first; it takes effect seconds to a quarter of an hour later.</summary>
    LateEffect,

    /// <summary>The network delivers it twice, and the caller gets the second delivery's reply.</summary>
    Twice,

    /// <summary>The caller has its reply; a second delivery arrives seconds to a quarter of an hour later.</summary>
    TwiceLate,

    /// <summary>A reply slow enough that much happens meanwhile, up to half a minute.</summary>
    Slow,

    /// <summary>The instance dies before the request leaves.</summary>
    CrashBefore,

    /// <summary>The instance dies between effect and reply.</summary>
    CrashAfter,

    /// <summary>The instance stops with the request under way, up to a quarter of an hour, and wakes with its old view.</summary>
    Stall,

    /// <summary>Refused, as all calls to the account are for a while.</summary>
    Throttled,
}

internal static class Faults
{
    public static IReadOnlyList<StorageCall> Calls { get; } = Enum.GetValues<StorageCall>();

    public static bool Changes(StorageCall call) => call <= StorageCall.Submit;

    /// <summary>The faults that a call can meet. A read that arrives late or twice is no fault: nobody is told.</summary>
    public static bool Applies(Fault fault, StorageCall call) =>
        fault != Fault.None && (Changes(call) || fault is not (Fault.LostRequest or Fault.ErrorAfter or Fault.LateEffect
            or Fault.Twice or Fault.TwiceLate));
}
