namespace Serverless.Core.Log;

/// <summary>How one instance works the log. Tests lower the bounds to meet them soon.</summary>
public sealed record LogOptions
{
    /// <summary>Blocks after which a segment ends; far below Azure's 50,000, so that stale writers fit.</summary>
    public int SegmentBlocksRoll { get; init; } = Limits.SegmentBlocksRoll;

    /// <summary>The largest block, bytes.</summary>
    public int BlockBytesMax { get; init; } = Limits.BlockBytesMax;

    /// <summary>Log bytes between two checkpoints; also how much one read of the tail asks for.</summary>
    public int CheckpointBytes { get; init; } = Limits.CheckpointBytes;

    /// <summary>How long a block waits for company while appends come faster than they land.</summary>
    public TimeSpan Linger { get; init; } = TimeSpan.FromMilliseconds(5);

    /// <summary>
    /// The longest that contention with other writers may widen the wait: room for the fifty latencies that eight writers
    /// settle at while an append takes up to 80 ms. In a region it takes 10 or 20, and so they wait a quarter of it.
    /// </summary>
    public TimeSpan LingerMax { get; init; } = TimeSpan.FromSeconds(4);

    /// <summary>Refusals in a row, by other writers, before a block is given up.</summary>
    public int AttemptsMax { get; init; } = 40;

    /// <summary>How long one block is asked about before its outcome is reported as unknown.</summary>
    public TimeSpan SettleTime { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long blobs stay after the log's start row passed them, or closed: by then every instance knows of it.</summary>
    public TimeSpan RemovalDelay { get; init; } = TimeSpan.FromHours(1);

    /// <summary>How long an instance goes by a start row that it read; well below <see cref="RemovalDelay"/>.</summary>
    public TimeSpan StartAgeMax { get; init; } = TimeSpan.FromMinutes(20);

    /// <summary>Bytes of each log's end that are kept in memory; as much as opening a log reads, so that it is not read again.</summary>
    public int TailCacheBytes { get; init; } = Limits.CheckpointBytes;

    /// <summary>Bytes kept in memory for all logs together.</summary>
    public long CacheBytesTotal { get; init; } = 64 * 1024 * 1024;

    /// <summary>Logs that are kept open.</summary>
    public int OpenLogsMax { get; init; } = 2_000;

    /// <summary>Bytes that may wait for one partition; more is refused as retriable.</summary>
    public int QueueBytesMax { get; init; } = 32 * 1024 * 1024;

    /// <summary>How much one read of older data asks for at least.</summary>
    public int ReadBytes { get; init; } = 1024 * 1024;
}
