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

    /// <summary>Repetitions of a producer are told by what this process remembers of it, and not by the log.</summary>
    [CaughtBy("L2", "P2")]
    SequencesFromMemory,

    /// <summary>Repetitions of a request with a key are told by what this process remembers of it.</summary>
    [CaughtBy("L2")]
    KeysFromMemory,

    /// <summary>A batch of a producer's former epoch is let in.</summary>
    [CaughtBy("P1", "L2")]
    FencesNothing,

    /// <summary>A repetition is answered with the end of the log.</summary>
    [CaughtBy("L3")]
    AnswersRepetitionsAnew,

    /// <summary>A transaction's marker is appended to the first partition only.</summary>
    [CaughtBy("T9", "T8")]
    LeavesAMarkerOut,

    /// <summary>A transaction is committed in its first partition, and aborted in the others.</summary>
    [CaughtBy("T5")]
    MarksOtherwise,

    /// <summary>Markers are on their way when the transaction is said to be done.</summary>
    [CaughtBy("T8", "T9", "P1", "T6")]
    MarksLater,

    /// <summary>Offsets of a committed transaction are never entered.</summary>
    [CaughtBy("T7", "T9")]
    OffsetsAreForgotten,

    /// <summary>Offsets count even where the transaction aborted.</summary>
    [CaughtBy("T9", "T7")]
    AbortsCommitOffsets,

    /// <summary>Offsets count as soon as they are added.</summary>
    [CaughtBy("T9", "T7")]
    OffsetsOutside,

    /// <summary>A request to end a transaction ends whichever is open when it comes.</summary>
    [CaughtBy("T6", "T5", "L12")]
    EndsWhateverIsOpen,

    /// <summary>Nobody aborts what is past its timeout.</summary>
    [CaughtBy("T9")]
    TimesNothingOut,

    /// <summary>The row of a transactional id is replaced whatever it has become meanwhile.</summary>
    [CaughtBy("T5", "T6", "P3", "T7", "T8", "T9")]
    LastDecisionWins,

    /// <summary>Readers of committed records are given all.</summary>
    [CaughtBy("T2", "T3")]
    ReadsUncommitted,

    /// <summary>A commit is written though another member owns the partition, or has had it since.</summary>
    [CaughtBy("G2")]
    CommitsWhatOthersOwn,

    /// <summary>A commit is written wherever nobody owns the partition, whoever has had it since.</summary>
    [CaughtBy("G2", "G3")]
    CommitsWhatItLost,

    /// <summary>A member's rows are replaced whatever they have become meanwhile: the last write wins.</summary>
    [CaughtBy("G2", "G3", "G4")]
    LastWriteWins,

    /// <summary>A commit arrives once more, long after it was answered.</summary>
    [CaughtBy("G3")]
    RepeatsCommits,

    /// <summary>Committed offsets are answered from a cache of five seconds.</summary>
    [CaughtBy("G3")]
    CachedCommits,

    /// <summary>A partition is claimed while its owner's membership is there, because its lease seems to be nearly over.</summary>
    [CaughtBy("G1", "G2")]
    ClaimsOnAGuess,

    /// <summary>A commit is what this process remembers to have committed, where the row has gone further.</summary>
    [CaughtBy("G3")]
    CommitsFromMemory,

    /// <summary>Memberships end by the instance's own clock.</summary>
    [CaughtBy("G9", "A1")]
    ExpiresByLocalClock,

    /// <summary>A consumer that lost a partition goes on reading it from where it stood.</summary>
    [CaughtBy("G4")]
    PollsAfterFence,

    /// <summary>A new owner begins where this instance last knew the position, not at the commit.</summary>
    [CaughtBy("G4")]
    StartsWhereItRemembers,

    /// <summary>A poll loses one of its partitions' records on the way.</summary>
    [CaughtBy("G5", "G8")]
    DropsASlice,

    /// <summary>Auto-commit covers the poll that is being delivered, not the one before.</summary>
    [CaughtBy("G5")]
    CommitsItsOwnPoll,

    /// <summary>At most once delivers first, and commits with the next poll.</summary>
    [CaughtBy("G5")]
    DeliversBeforeCommit,

    /// <summary>One member has one partition too many.</summary>
    [CaughtBy("G6")]
    UnfairTarget,

    /// <summary>Two members swap partitions for nothing.</summary>
    [CaughtBy("G6")]
    MovesTooMany,

    /// <summary>Members change, and the epoch stays.</summary>
    [CaughtBy("G7")]
    EpochStays,

    /// <summary>Nobody's time is ever over.</summary>
    [CaughtBy("G8")]
    NeverExpires,

    /// <summary>The timer expires nobody: only those who ask do.</summary>
    [CaughtBy("G8")]
    SweepsNothing,

    /// <summary>A static member that comes back leaves first.</summary>
    [CaughtBy("G10")]
    StaticReturnLeavesFirst,

    /// <summary>Rows of instances that left stay.</summary>
    [CaughtBy("A6")]
    LeavesItsRow,

    /// <summary>A deleted group stays in the list.</summary>
    [CaughtBy("A6")]
    StaysListed,

    /// <summary>A group's conflict is taken for success.</summary>
    [CaughtBy("G4", "A1", "A3", "L12")]
    GroupConflictIsSuccess,

    /// <summary>A lost reply is taken for a lost request, without a look for what it may have done.</summary>
    [CaughtBy("G5", "G8", "A1", "A3", "L12")]
    LostReplyIsLost,

    /// <summary>A commit of which nobody knows the outcome is told as a definite error.</summary>
    [CaughtBy("A1")]
    CommitFailsForGood,

    /// <summary>An instance that is there is said to be unknown, as this process has not heard of it for a while.</summary>
    [CaughtBy("A1")]
    UnknownFromCache,

    /// <summary>After a conflict the same is submitted again, and again.</summary>
    [CaughtBy("A4")]
    RetriesForEver,

    /// <summary>What is in a batch is not written down before it is sent.</summary>
    [CaughtBy("D2")]
    FixesNoRange,

    /// <summary>A worker's step is taken wherever the partition stands.</summary>
    [CaughtBy("D2", "D3", "D4", "D6")]
    AcceptsAnyMark,

    /// <summary>A worker that has lost a partition, or was overtaken, goes on as if it had not.</summary>
    [CaughtBy("D2", "D3", "D4", "D6")]
    GoesOnWithoutIt,

    /// <summary>The group moves on, and then the batch is sent.</summary>
    [CaughtBy("D3", "D6")]
    AcknowledgesFirst,

    /// <summary>Each attempt at a batch has a key of its own.</summary>
    [CaughtBy("D2")]
    KeyOfTheAttempt,

    /// <summary>What the target says it could not do is taken for done.</summary>
    [CaughtBy("D6")]
    TakesFailureForDone,

    /// <summary>Dead letters are committed, and then the group moves on.</summary>
    [CaughtBy("D5")]
    LettersOutside,

    /// <summary>Copies are in a transaction, and the group's offset is not.</summary>
    [CaughtBy("D4", "D5")]
    CopiesWithoutOffsets,

    /// <summary>The offset of a copy or a dead letter is added wherever the group stands.</summary>
    [CaughtBy("D4", "D5", "D6")]
    ForgetsWhereItStands,

    /// <summary>Records are sent before their transaction is decided.</summary>
    [CaughtBy("D1")]
    DeliversUndecided,

    /// <summary>A handler's rows change, and then the group moves on.</summary>
    [CaughtBy("D4")]
    CountsOutside,

    /// <summary>Workers that have nothing to do stay in the group.</summary>
    [CaughtBy("D7")]
    WorkersStay,
}
