using Serverless.Core.Log;
using Serverless.Core.Records;
using Serverless.Core.Storage.Rows;
using Xunit;

namespace Serverless.Core.Tests.Log;

/// <summary>Batches with sequences: news, repetitions, gaps, and what a newer epoch fences.</summary>
public class IdempotentAppendTests
{
    private const long Producer = 7;

    private readonly LogHarness _harness = new();

    [Fact]
    public async Task A_repeated_batch_is_answered_with_its_first_offsets_and_stored_once()
    {
        var logs = _harness.NewInstance();
        await _harness.AppendAsync(logs, "before");
        var first = await AppendAsync(logs, 0, "a", "b");

        var again = await AppendAsync(logs, 0, "a", "b");

        Assert.Equal((1L, false), (first.BaseOffset, first.IsDuplicate));
        Assert.Equal((ErrorCode.None, 1L, true), (again.Error, again.BaseOffset, again.IsDuplicate));
        Assert.Equal(["before", "a", "b"], await ValuesAsync());
    }

    [Fact]
    public async Task Another_instance_knows_what_was_stored_without_having_seen_it()
    {
        await AppendAsync(_harness.NewInstance(), 0, "a");

        var again = await AppendAsync(_harness.NewInstance(), 0, "a");

        Assert.Equal((ErrorCode.None, 0L, true), (again.Error, again.BaseOffset, again.IsDuplicate));
    }

    [Fact]
    public async Task An_instance_that_knows_an_older_tail_is_told_by_the_position_that_was_taken()
    {
        var (one, other) = (_harness.NewInstance(), _harness.NewInstance());
        await AppendAsync(one, 0, "a");
        await _harness.AppendAsync(other, "x");
        await AppendAsync(other, 1, "b");

        var again = await AppendAsync(one, 1, "b");

        Assert.Equal((ErrorCode.None, 2L, true), (again.Error, again.BaseOffset, again.IsDuplicate));
        Assert.Equal(["a", "x", "b"], await ValuesAsync());
    }

    [Fact]
    public async Task A_gap_is_refused_and_nothing_is_appended()
    {
        var logs = _harness.NewInstance();
        await AppendAsync(logs, 0, "a");

        Assert.Equal(ErrorCode.OutOfOrderSequenceNumber, (await AppendAsync(logs, 2, "c")).Error);
        Assert.Equal(ErrorCode.OutOfOrderSequenceNumber, (await AppendAsync(_harness.NewInstance(), 2, "c")).Error);
        Assert.Equal(ErrorCode.OutOfOrderSequenceNumber, (await AppendAsync(logs, 5, "z", producer: 8)).Error);
        Assert.Equal(["a"], await ValuesAsync());
    }

    [Fact]
    public async Task What_another_instance_appended_meanwhile_is_no_gap()
    {
        var (one, other) = (_harness.NewInstance(), _harness.NewInstance());
        await AppendAsync(one, 0, "a");
        await AppendAsync(other, 1, "b");

        Assert.Equal(2, (await AppendAsync(one, 2, "c")).BaseOffset);
    }

    [Fact]
    public async Task On_the_topic_path_sequences_may_be_left_out_but_never_go_back()
    {
        var logs = _harness.NewInstance();
        await AppendAsync(logs, 3, "a", leavesOut: true);
        await AppendAsync(logs, 9, "b", leavesOut: true);

        Assert.Equal((ErrorCode.None, 0L), Place(await AppendAsync(logs, 3, "a", leavesOut: true)));
        Assert.Equal(ErrorCode.OutOfOrderSequenceNumber, (await AppendAsync(logs, 5, "c", leavesOut: true)).Error);
        Assert.Equal(["a", "b"], await ValuesAsync());
    }

    [Fact]
    public async Task The_same_sequence_with_other_records_is_an_error()
    {
        var logs = _harness.NewInstance();
        await AppendAsync(logs, 0, "a", "b");

        Assert.Equal(ErrorCode.DuplicateSequenceNumber, (await AppendAsync(logs, 0, "a", "c")).Error);
        Assert.Equal(ErrorCode.DuplicateSequenceNumber, (await AppendAsync(logs, 0, "a")).Error);
        Assert.Equal(ErrorCode.DuplicateSequenceNumber, (await AppendAsync(logs, 1, "b", "c")).Error);
        Assert.Equal(["a", "b"], await ValuesAsync());
    }

    [Fact]
    public async Task A_retry_with_another_timestamp_is_a_repetition_all_the_same()
    {
        var logs = _harness.NewInstance();
        await AppendAsync(logs, 0, "a");
        _harness.Clock.Advance(TimeSpan.FromMinutes(1));

        Assert.True((await AppendAsync(logs, 0, "a")).IsDuplicate);
    }

    [Fact]
    public async Task The_last_five_batches_are_remembered_and_older_ones_are_refused()
    {
        var logs = _harness.NewInstance();
        for (var sequence = 0; sequence < 7; sequence++)
        {
            await AppendAsync(logs, sequence, $"{sequence}");
        }

        Assert.Equal(2, (await AppendAsync(logs, 2, "2")).BaseOffset);
        Assert.Equal(ErrorCode.OutOfOrderSequenceNumber, (await AppendAsync(logs, 1, "1")).Error);
    }

    [Fact]
    public async Task Sequences_wrap_around()
    {
        var logs = _harness.NewInstance();
        await AppendAsync(logs, int.MaxValue - 1, "a", leavesOut: true);

        Assert.Equal(1, (await AppendAsync(logs, int.MaxValue, "b", "c")).BaseOffset);
        Assert.Equal(3, (await AppendAsync(logs, 1, "d")).BaseOffset);
        Assert.Equal(1, (await AppendAsync(logs, int.MaxValue, "b", "c")).BaseOffset);
        Assert.Equal(4, (await AppendAsync(logs, 9, "e", leavesOut: true)).BaseOffset);
    }

    [Fact]
    public async Task A_lower_epoch_is_fenced_and_a_higher_one_begins_anew()
    {
        var logs = _harness.NewInstance();
        await AppendAsync(logs, 0, "a");
        await AppendAsync(logs, 0, "b", epoch: 1);

        Assert.Equal(ErrorCode.InvalidProducerEpoch, (await AppendAsync(logs, 1, "c")).Error);
        Assert.Equal(ErrorCode.OutOfOrderSequenceNumber, (await AppendAsync(logs, 2, "c", epoch: 2)).Error);
        Assert.Equal(2, (await AppendAsync(logs, 1, "c", epoch: 1)).BaseOffset);
    }

    [Fact]
    public async Task A_lost_reply_stores_the_batch_once()
    {
        var logs = _harness.NewInstance();
        await AppendAsync(logs, 0, "a");
        _harness.Faults.Appends[_harness.Faults.AppendsSeen + 1] = AppendFault.LostReply;

        Assert.Equal(1, (await AppendAsync(logs, 1, "b")).BaseOffset);
        Assert.Equal(["a", "b"], await ValuesAsync());
    }

    [Fact]
    public void A_twin_in_the_same_block_is_no_more_known_than_the_block()
    {
        var tail = LogTail.StartOf(0, -1) with { Producers = ProducerStates.Empty.Append(Header(Producer, offset: 0)) };
        List<PendingAppend> block = [Pending(0), Pending(1), Pending(1)];

        var plan = AppendPlan.Make(tail, block);

        Assert.Equal([(0L, true), (0L, false), (0L, true)], plan.Answers.Select(answer => (answer.BaseOffset, answer.IsDuplicate)));
        Assert.Equal(
            [ErrorCode.None, ErrorCode.RequestTimedOut, ErrorCode.RequestTimedOut],
            AppendPlan.Unknown(tail, block).Select(answer => answer.Error));

        static PendingAppend Pending(int sequence) => new(default, Header(Producer, 0, sequence), Sequence(sequence));
    }

    [Fact]
    public async Task State_outlives_segments_that_retention_removed()
    {
        var harness = new LogHarness(LogHarness.RemovesAtOnce).With(("retention.ms", "1000"));
        var logs = harness.NewInstance();
        await harness.Run(logs.AppendAsync(harness.Topic, 0, harness.Batch("a"), Sequence(0), default).AsTask());
        harness.Clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal(1, await harness.RetainAsync(logs));

        var fresh = harness.NewInstance();
        var again = await harness.Run(fresh.AppendAsync(harness.Topic, 0, harness.Batch("a"), Sequence(0), default).AsTask());
        var gap = await harness.Run(fresh.AppendAsync(harness.Topic, 0, harness.Batch("c"), Sequence(2), default).AsTask());
        var next = await harness.Run(fresh.AppendAsync(harness.Topic, 0, harness.Batch("b"), Sequence(1), default).AsTask());

        Assert.Equal((ErrorCode.None, 0L, true), (again.Error, again.BaseOffset, again.IsDuplicate));
        Assert.Equal(ErrorCode.OutOfOrderSequenceNumber, gap.Error);
        Assert.Equal((ErrorCode.None, 1L), Place(next));
    }

    [Fact]
    public void Who_was_forgotten_is_refused_and_the_newest_and_the_open_are_kept()
    {
        var states = ProducerStates.Empty;
        states = states.Append(Header(1, offset: 0, transactional: true));
        for (var id = 2; id <= ProducerStates.ProducersMax + 1; id++)
        {
            states = states.Append(Header(id, offset: id));
        }

        Assert.True(states.Count <= ProducerStates.ProducersMax);
        Assert.NotNull(states.Find(1));
        Assert.NotNull(states.Find(ProducerStates.ProducersMax + 1));
        Assert.Null(states.Find(2));
        Assert.True(states.ForgottenTo >= 2);
        Assert.Equal(ErrorCode.UnknownProducerId, Decide(2, states));
        Assert.Equal(ErrorCode.None, Decide(ProducerStates.ProducersMax + 2, states));
    }

    [Fact]
    public void Columns_keep_all_that_is_known_of_producers()
    {
        var states = ProducerStates.Empty
            .Append(Header(1, offset: 0, transactional: true)).Append(Header(2, offset: 4)).Append(Header(2, offset: 5, sequence: 1))
            .End(new RecordBatchHeader { ProducerId = 3, ProducerEpoch = 9, BaseOffset = 6 });
        var columns = new Dictionary<string, object>();

        ProducerStatesCodec.Write(columns, states);
        var read = ProducerStatesCodec.Read(columns);

        Assert.Equal(0, read.FirstOpen);
        Assert.Equal([1L, 2L, 3L], read.All.Select(state => state.Key));
        Assert.Equal(new ProducerState(9, -1, -1, 6, []), read.Find(3)! with { Recent = [] });
        Assert.Equal([new StoredBatch(0, 1, 4), new StoredBatch(1, 1, 5)], read.Find(2)!.Recent);
        Assert.Equal([new OpenTransaction(1, 0, 0)], read.Open);
    }

    private static ErrorCode Decide(long producer, ProducerStates states) => AppendDecision.Decide(
        new PendingAppend(default, Header(producer, 0), new AppendIdentity.Sequence(producer, 0, 0, LeavesOut: true)),
        states, KeyedBatches.StartingAt(0)).Answer?.Error ?? ErrorCode.None;

    private static RecordBatchHeader Header(long producer, long offset, int sequence = 0, bool transactional = false) => new()
    {
        ProducerId = producer,
        ProducerEpoch = 0,
        BaseSequence = sequence,
        BaseOffset = offset,
        RecordCount = 1,
        Attributes = RecordBatchHeader.AttributesOf(CompressionType.None, TimestampType.CreateTime, transactional, control: false),
    };

    private static AppendIdentity.Sequence Sequence(int sequence) => new AppendIdentity.Sequence(Producer, 0, sequence, LeavesOut: false);

    private static (ErrorCode Error, long Offset) Place(AppendAnswer answer) => (answer.Error, answer.BaseOffset);

    private Task<AppendAnswer> AppendAsync(PartitionLogs logs, int sequence, params string[] values) =>
        AppendAsync(logs, sequence, values, 0, Producer, leavesOut: false);

    private Task<AppendAnswer> AppendAsync(
        PartitionLogs logs, int sequence, string value, short epoch = 0, long producer = Producer, bool leavesOut = false) =>
        AppendAsync(logs, sequence, [value], epoch, producer, leavesOut);

    private Task<AppendAnswer> AppendAsync(
        PartitionLogs logs, int sequence, string[] values, short epoch, long producer, bool leavesOut) => _harness.Run(logs.AppendAsync(
            _harness.Topic, 0, _harness.Batch(values), new AppendIdentity.Sequence(producer, epoch, sequence, leavesOut), default).AsTask());

    private async Task<List<string>> ValuesAsync() =>
        [.. (await _harness.ReadAllAsync(_harness.NewInstance())).Select(record => record.Value)];
}
