using Microsoft.Extensions.Logging;
using Serverless.Core.Storage;

namespace Serverless.Core.Log;

/// <summary>What all logs of one instance work with.</summary>
public sealed record LogContext(
    IBlobStore Blobs, IRowStore Rows, TimeProvider Clock, Random Random, IIdSource Ids, LogOptions Options,
    ILogger<PartitionLogs> Logger);
