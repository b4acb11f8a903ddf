namespace Serverless.Simulation.Bugs;

/// <summary>
/// Mistakes that an implementation could make, each built around the real classes from outside. The suite is worth what it
/// catches: every one of them must break a guarantee within 500 seeds.
/// </summary>
public enum PlantedBug
{
    None,

    /// <summary>After a lost reply the block is appended again, without looking whether it is there.</summary>
    BlindRetry,

    /// <summary>A refused append is taken as proof that nothing of ours was written.</summary>
    RefusalMeansLost,

    /// <summary>An append without a reply is acknowledged.</summary>
    AckWithoutEffect,

    /// <summary>A refused block goes to the end of the blob as it is, as if appends had no condition.</summary>
    NoAppendCondition,

    /// <summary>A segment is made over one that exists.</summary>
    CreateTruncates,

    /// <summary>A segment is left for the next one without its end marker.</summary>
    RollWithoutMarker,

    /// <summary>Offsets are counted on from what this instance wrote last.</summary>
    StaleBaseOffset,

    /// <summary>Retention takes the active segment with those that are old.</summary>
    RemovesLiveSegment,

    /// <summary>Retention removes what it lists before the start has moved.</summary>
    RemovesBeforeStartMoves,

    /// <summary>Retention removes blobs as soon as the start has moved, while instances still believe in them.</summary>
    RemovesAtOnce,

    /// <summary>An instance goes by the start row that it read first.</summary>
    BelievesFirstStart,

    /// <summary>Retention and removal go by the instance's own clock.</summary>
    LocalClock,

    /// <summary>A checkpoint points behind its place.</summary>
    LyingCheckpoint,

    /// <summary>The marks are answered from a cache of five seconds.</summary>
    CachedMarks,

    /// <summary>An offset above the end is answered as if it were the end.</summary>
    EmptyAboveEnd,

    /// <summary>A fetch leaves out its last batch, as if it had been torn, and goes on behind it.</summary>
    SkipsTornTail,

    /// <summary>A failure after which nobody can know the outcome is told as a definite error.</summary>
    DefiniteErrorAfterEffect,

    /// <summary>A batch is appended in two halves.</summary>
    SplitsBatch,

    /// <summary>A search by time gives the record behind the first one.</summary>
    TimestampPastFirst,

    /// <summary>The log of a deleted topic gets no end.</summary>
    LogStaysOpen,

    /// <summary>A deleted topic's row is deleted with it.</summary>
    FreesNameAtOnce,

    /// <summary>A conflict of rows is taken for success.</summary>
    ConflictIsSuccess,

    /// <summary>Blobs that are to be removed are only reported as removed.</summary>
    RemovesNothing,

    /// <summary>Rows that are to be removed are only reported as removed.</summary>
    LeavesRows,

    /// <summary>A refused append is never answered.</summary>
    NeverAnswers,

    /// <summary>A continuation goes to the thread pool.</summary>
    LeavesThread,
}
