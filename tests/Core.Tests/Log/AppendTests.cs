using Serverless.Core.Log;
using Serverless.Core.Records;
using Serverless.Core.Storage;
using Xunit;

namespace Serverless.Core.Tests.Log;

public sealed class AppendTests
{
    [Fact]
    public async Task Records_get_dense_offsets_from_zero()
    {
        var harness = new LogHarness();
        var logs = harness.NewInstance();

        var first = await harness.AppendAsync(logs, "a", "b");
        var second = await harness.AppendAsync(logs, "c");

        Assert.Equal(new AppendAnswer(ErrorCode.None, 0), first);
        Assert.Equal(new AppendAnswer(ErrorCode.None, 2), second);
        Assert.Equal([(0, "a"), (1, "b"), (2, "c")], await harness.ReadAllAsync(logs));
    }

    [Fact]
    public async Task What_one_instance_appends_another_reads_and_extends()
    {
        var harness = new LogHarness();
        var (one, other) = (harness.NewInstance(), harness.NewInstance());
        await harness.AppendAsync(one, "a");
        await harness.ReadAllAsync(other);

        await harness.AppendAsync(one, "b");
        var answer = await harness.AppendAsync(other, "c");

        Assert.Equal(2, answer.BaseOffset);
        Assert.Equal([(0, "a"), (1, "b"), (2, "c")], await harness.ReadAllAsync(one));
        Assert.Equal([(0, "a"), (1, "b"), (2, "c")], await harness.ReadAllAsync(harness.NewInstance()));
    }

    [Theory]
    [InlineData(AppendFault.LostRequest)]
    [InlineData(AppendFault.LostReply)]
    [InlineData(AppendFault.Twice)]
    [InlineData(AppendFault.Late)]
    public async Task Whatever_becomes_of_a_request_the_batch_is_in_the_log_once(AppendFault fault)
    {
        var harness = new LogHarness();
        var logs = harness.NewInstance();
        await harness.AppendAsync(logs, "a");
        harness.Faults.Appends[harness.Faults.AppendsSeen + 1] = fault;

        var answer = await harness.AppendAsync(logs, "b");
        await harness.AppendAsync(logs, "c");

        Assert.Equal(1, answer.BaseOffset);
        Assert.Equal([(0, "a"), (1, "b"), (2, "c")], await harness.ReadAllAsync(harness.NewInstance()));
    }

    [Fact]
    public async Task A_batch_whose_place_another_took_while_its_reply_was_lost_goes_behind_it()
    {
        var harness = new LogHarness();
        var (one, other) = (harness.NewInstance(), harness.NewInstance());
        await harness.AppendAsync(one, "a");
        await harness.ReadAllAsync(other);
        harness.Faults.Appends[harness.Faults.AppendsSeen + 1] = AppendFault.LostRequest;

        var pending = one.AppendAsync(harness.Topic, 0, harness.Batch("mine"), default).AsTask();
        var theirs = await other.AppendAsync(harness.Topic, 0, harness.Batch("theirs"), default);
        var mine = await harness.Run(pending);

        Assert.Equal((1, 2), (theirs.BaseOffset, mine.BaseOffset));
        Assert.Equal([(0, "a"), (1, "theirs"), (2, "mine")], await harness.ReadAllAsync(harness.NewInstance()));
    }

    [Fact]
    public async Task An_outcome_that_stays_unknown_is_reported_as_unknown()
    {
        var harness = new LogHarness(new LogOptions { SettleTime = TimeSpan.FromSeconds(5) });
        var logs = harness.NewInstance();
        await harness.AppendAsync(logs, "a");
        for (var append = 1; append < 200; append++)
        {
            harness.Faults.Appends[harness.Faults.AppendsSeen + append] = AppendFault.LostRequest;
        }

        var answer = await harness.AppendAsync(logs, "b");

        Assert.Equal(ErrorCode.RequestTimedOut, answer.Error);
    }

    // Length and value length as four-byte varints, attributes, two deltas, a null key, no headers.
    private const int RecordOverhead = 4 + 1 + 1 + 1 + 1 + 4 + 1;

    [Fact]
    public async Task A_batch_that_fits_no_block_is_refused()
    {
        var harness = new LogHarness();
        var logs = harness.NewInstance();
        var fits = new string('x', Limits.BatchBytesMax - RecordBatchHeader.Size - RecordOverhead);

        Assert.Equal(ErrorCode.None, (await harness.AppendAsync(logs, fits)).Error);
        Assert.Equal(ErrorCode.MessageTooLarge, (await harness.AppendAsync(logs, fits + "x")).Error);
    }

    [Fact]
    public async Task Appends_that_arrive_while_one_is_under_way_share_the_next_block()
    {
        var harness = new LogHarness();
        var logs = harness.NewInstance();
        await harness.AppendAsync(logs, "a");
        harness.Faults.Appends[harness.Faults.AppendsSeen + 1] = AppendFault.LostRequest;
        var before = harness.Meter.Read();

        var all = Enumerable.Range(0, 50)
            .Select(n => logs.AppendAsync(harness.Topic, 0, harness.Batch($"{n}"), default).AsTask()).ToList();
        await harness.Run(Task.WhenAll(all));

        Assert.Equal(3, (harness.Meter.Read() - before).Appends);
        Assert.Equal(51, (await harness.ReadAllAsync(logs)).Count);
    }

    [Fact]
    public async Task A_produce_in_steady_state_is_one_append_and_nothing_else()
    {
        var harness = new LogHarness();
        var logs = harness.NewInstance();
        await harness.AppendAsync(logs, "a");
        var before = harness.Meter.Read();

        await harness.AppendAsync(logs, "b");

        Assert.Equal(new StorageCalls { Appends = 1 }, harness.Meter.Read() - before);
    }

    [Fact]
    public async Task A_cancelled_append_that_was_not_sent_leaves_nothing()
    {
        var harness = new LogHarness();
        var logs = harness.NewInstance();
        await harness.AppendAsync(logs, "a");
        harness.Faults.Appends[harness.Faults.AppendsSeen + 1] = AppendFault.LostRequest;
        using var cancellation = new CancellationTokenSource();

        var sent = logs.AppendAsync(harness.Topic, 0, harness.Batch("sent"), default).AsTask();
        var waiting = logs.AppendAsync(harness.Topic, 0, harness.Batch("waiting"), cancellation.Token).AsTask();
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        await harness.Run(sent);
        await harness.AppendAsync(logs, "z");

        Assert.Equal([(0, "a"), (1, "sent"), (2, "z")], await harness.ReadAllAsync(logs));
    }

    [Fact]
    public async Task The_bytes_of_a_segment_are_record_batches_back_to_back()
    {
        var harness = new LogHarness();
        var logs = harness.NewInstance();
        await harness.AppendAsync(logs, "a");
        await harness.AppendAsync(logs, "b", "c");

        var blob = Assert.Single(await harness.SegmentsAsync());
        var read = await harness.Blobs.ReadAsync(blob, 0, 1 << 20, default);

        Assert.Equal(Layout.Segment(harness.Topic.Id, 0, 0), blob);
        Assert.Equal([(0, "a"), (1, "b"), (2, "c")], LogHarness.Values(read.Bytes.Span));
    }

    [Fact]
    public async Task A_topic_with_log_append_time_keeps_the_time_of_the_append_whatever_the_producer_said()
    {
        var harness = new LogHarness().With(("message.timestamp.type", "LogAppendTime"));
        var logs = harness.NewInstance();
        var now = harness.NowMs;

        var answer = await logs.AppendAsync(harness.Topic, 0, LogHarness.Batch(5, "a", "b"), default);

        Assert.Equal(new AppendAnswer(ErrorCode.None, 0, now), answer);
        var fetched = await logs.FetchAsync(harness.Topic, 0, 0, 1024, default);
        using var records = RecordReader.Open(fetched.Batches.Span);
        Assert.True(records.TryRead(out var record));
        Assert.Equal(now, record.Timestamp);
    }
}
