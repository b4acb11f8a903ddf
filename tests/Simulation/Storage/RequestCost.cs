using Serverless.Simulation.Engine;

namespace Serverless.Simulation.Storage;

/// <summary>Counts the storage calls of one request of a client (A4): none goes round and round, whatever it meets.</summary>
/// <remarks>
/// It flows with the request's continuations. What a request starts for others too, such as the appends of a group commit,
/// counts for who started it.
/// </remarks>
internal sealed class RequestCost(string what)
{
    private const int CallsMax = 1_000;

    private static readonly AsyncLocal<RequestCost?> Current = new();

    private readonly string _what = what;
    private int _calls;

    public static void Begin(string what) => Current.Value = new RequestCost(what);

    public static void Count(EventLoop loop)
    {
        if (Current.Value is { } request && ++request._calls > CallsMax)
        {
            loop.Fail(new GuaranteeException("A4", $"{request._what} made {CallsMax} storage calls, and has no end."));
        }
    }
}
