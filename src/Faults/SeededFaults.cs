using Azure.Core;
using Microsoft.Extensions.Logging;

namespace Serverless.Faults;

/// <summary>A plan for <see cref="FaultPolicy"/>: some share of all requests fails, each in a way that chance picks.</summary>
/// <remarks>
/// The draws are those of the seed; which request gets which depends on how threads meet. Each fault is logged as it is
/// drawn, so that whoever reads the log of a process that was killed knows what it met.
/// </remarks>
public sealed partial class SeededFaults(double rate, Random random, ILogger<SeededFaults> logger)
{
    private const int DelayMsMax = 400, BodyBytesMax = 2000;

    // Of a read only its answer can be spoilt; of a mutation, what became of it.
    private static readonly Fault[] OfReads =
    [
        new(FaultKind.LostRequest), new(FaultKind.LostResponse), new(FaultKind.ErrorWithoutEffect),
        new(FaultKind.ErrorWithoutEffect, 500, "InternalError"), new(FaultKind.Delay), new(FaultKind.ShortBody),
    ];

    private static readonly Fault[] OfMutations =
    [
        new(FaultKind.LostRequest), new(FaultKind.LostResponse), new(FaultKind.ErrorWithoutEffect),
        new(FaultKind.ErrorWithoutEffect, 500, "OperationTimedOut"), new(FaultKind.ErrorWithEffect),
        new(FaultKind.ErrorWithEffect, 500, "InternalError"), new(FaultKind.Delay), new(FaultKind.Twice),
        new(FaultKind.ShortBody),
    ];

    private readonly Lock _lock = new();

    public Fault? Next(Request request, int attempt)
    {
        if (Draw(request.Method) is not { } fault)
        {
            return null;
        }

        Injected(fault, request.Method, request.Uri.Path);
        return fault;
    }

    private Fault? Draw(RequestMethod method)
    {
        var kinds = method == RequestMethod.Get || method == RequestMethod.Head ? OfReads : OfMutations;
        lock (_lock)
        {
            return random.NextDouble() >= rate
                ? null
                : kinds[random.Next(kinds.Length)] with
                {
                    Delay = TimeSpan.FromMilliseconds(random.Next(DelayMsMax)),
                    BodyBytesMax = random.Next(BodyBytesMax),
                };
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Fault on purpose: {Fault} for {Method} {Path}.")]
    private partial void Injected(Fault fault, RequestMethod method, string path);
}
