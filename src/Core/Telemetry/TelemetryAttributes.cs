namespace Serverless.Core.Telemetry;

/// <summary>Names of attributes: those of OpenTelemetry's semantic conventions where there are any, and a few of our own.</summary>
/// <remarks>
/// On metrics only what is few goes: topics, groups, and kinds of things. Never an instance, a transactional id, a key or an offset.
/// </remarks>
public static class TelemetryAttributes
{
    public const string System = "messaging.system";
    public const string OperationName = "messaging.operation.name";
    public const string OperationType = "messaging.operation.type";
    public const string Topic = "messaging.destination.name";
    public const string Partition = "messaging.destination.partition.id";
    public const string Group = "messaging.consumer.group.name";
    public const string MessageCount = "messaging.batch.message_count";
    public const string ErrorType = "error.type";
    public const string StatusCode = "http.response.status_code";

    public const string AppendOutcome = "serverless.append.outcome";
    public const string DuplicateKind = "serverless.duplicate.kind";
    public const string TransactionOutcome = "serverless.transaction.outcome";
    public const string DeliveryTarget = "serverless.delivery.target";
    public const string DeliveryOutcome = "serverless.delivery.outcome";
    public const string StorageKind = "serverless.storage.kind";

    /// <summary>The value of <see cref="System"/>: whoever watches Kafka finds us by the same names.</summary>
    public const string Kafka = "kafka";

    /// <summary>The value of <see cref="ErrorType"/> where an exception ended it.</summary>
    public const string Other = "_OTHER";
}
