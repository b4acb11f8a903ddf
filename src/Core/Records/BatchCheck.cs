namespace Serverless.Core.Records;

/// <summary>What <see cref="RecordBatch.Check"/> finds.</summary>
public enum BatchCheck
{
    /// <summary>A whole batch with a right checksum, whose header is sane.</summary>
    Valid,

    /// <summary>Nothing is known to be wrong, and more bytes are needed.</summary>
    Incomplete,

    /// <summary>No further byte could make this a batch.</summary>
    Corrupt,
}
