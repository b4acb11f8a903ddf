using System.Diagnostics;
using Serverless.Core.Log;

namespace Serverless.Core.Telemetry;

/// <summary>The source of the log's spans. Static, as sources are: spans find their way by the trace that they are in.</summary>
public static class LogTracing
{
    public const string SourceName = "Serverless.Log";

    internal static ActivitySource Source { get; } = new(SourceName);

    /// <summary>The span of a block: within the request whose append came first, and linked to the others that it takes along.</summary>
    internal static Activity? StartAppend(IReadOnlyList<PendingAppend> block)
    {
        if (!Source.HasListeners())
        {
            return null;
        }

        var links = block.Skip(1).Where(append => append.Trace != default && append.Trace != block[0].Trace)
            .Select(append => new ActivityLink(append.Trace)).Take(TraceHeaders.LinksMax).ToList();
        return Source.StartActivity("append", ActivityKind.Internal, block[0].Trace, tags: null, links)?
            .SetTag(TelemetryAttributes.MessageCount, block.Sum(append => append.Header.RecordCount));
    }

    /// <summary>
    /// The span of a worker's slice: within whatever invocation serves it, else the first of a trace. What is around it in a plain server is
    /// seen by nobody, and decides by chance whether what lies within is sampled.
    /// </summary>
    internal static Activity? StartDelivery(string group)
    {
        if (!Source.HasListeners())
        {
            return null;
        }

        if (Activity.Current is { Source.Name.Length: 0 })
        {
            Activity.Current = null;
        }

        var span = Source.StartActivity("deliver", ActivityKind.Internal);
        span?.SetTag(TelemetryAttributes.Group, group).DisplayName = $"deliver {group}";
        return span;
    }
}
