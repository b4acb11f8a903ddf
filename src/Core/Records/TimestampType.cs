namespace Serverless.Core.Records;

/// <summary>Whose clock a batch's timestamps are of (Kafka's <c>message.timestamp.type</c>).</summary>
public enum TimestampType : byte
{
    /// <summary>The producer's; each record has its own.</summary>
    CreateTime = 0,

    /// <summary>The log's; all records of a batch have the batch's <c>MaxTimestamp</c>.</summary>
    LogAppendTime = 1,
}
