namespace Serverless.Core;

/// <summary>Every bound of the log: what it is, whose it is, and how it leans on the others.</summary>
public static class Limits
{
    public const int BlockBytesMax = 4 * 1024 * 1024;   // Ours: one AppendBlock; Azure takes 100 MiB since 2022-11-02.
    public const int SegmentBlocksMax = 50_000;         // Azure: committed blocks in one append blob.
    public const int SegmentBlocksRoll = 10_000;        // Ours: this many blocks end a segment, so that cold opens stay short.
    public const int PartitionWritersMax = 1_000;       // Ours: instances that may append to one partition at once.
    public const int BatchBytesMax = BlockBytesMax - 256;   // Ours: leaves room for an end marker in the same block.
    public const int CheckpointBytes = 4 * 1024 * 1024; // Ours: log bytes between two checkpoints.

    public const int PartitionsMax = 1_000;             // Ours: partitions of one topic.
    public const int TopicNameCharsMax = 249;           // Kafka: Topic.MAX_NAME_LENGTH.

    // Each writer may have one append under way that has not seen the roll; all of them must still fit.
    // A negative constant does not convert to uint: break the relation and the build breaks.
    private const uint RollLeavesRoom = SegmentBlocksMax - SegmentBlocksRoll - PartitionWritersMax;
}
