using Serverless.Core.Groups;

namespace Serverless.Core.Log;

/// <summary>The marks of one partition, read together. Ends are exclusive: the offset that the next record will get.</summary>
/// <param name="LogStartOffset">The first offset that may still be read.</param>
/// <param name="LogEndOffset">The next offset. The high watermark is the same here, as storage replicates.</param>
/// <param name="LastStableOffset">Below it every transaction is decided (KIP-98).</param>
public readonly record struct OffsetSnapshot(long LogStartOffset, long LogEndOffset, long LastStableOffset)
{
    /// <summary>Where a reader comes to the end.</summary>
    public long EndFor(IsolationLevel isolation) =>
        isolation == IsolationLevel.ReadCommitted ? LastStableOffset : LogEndOffset;
}
