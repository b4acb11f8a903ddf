namespace Serverless.Core.Telemetry;

/// <summary>What of tracing and metrics is a choice.</summary>
public sealed record TelemetryOptions
{
    /// <summary>Whether records of a sampled trace are given its <c>traceparent</c> as a header, where they bring none.</summary>
    public bool CarryTraceInRecords { get; init; } = true;

    /// <summary>Partitions, of all groups, whose lag is looked up in one sweep; 0: none is.</summary>
    public int LagPartitionsMax { get; init; } = 500;
}
