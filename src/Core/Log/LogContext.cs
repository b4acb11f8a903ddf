using Microsoft.Extensions.Logging;
using Serverless.Core.Storage;
using Serverless.Core.Telemetry;

namespace Serverless.Core.Log;

/// <summary>What all logs of one instance work with.</summary>
public sealed record LogContext(
    IBlobStore Blobs, IRowStore Rows, TimeProvider Clock, Random Random, IIdSource Ids, LogOptions Options,
    ILogger<PartitionLogs> Logger, LogMetrics? Watch = null)
{
    /// <summary>What is counted of it; for nobody where nobody is told.</summary>
    public LogMetrics Metrics { get; } = Watch ?? LogMetrics.None;
}
