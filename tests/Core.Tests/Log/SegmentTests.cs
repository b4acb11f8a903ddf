using Serverless.Core.Log;
using Serverless.Core.Records;
using Serverless.Core.Storage;
using Serverless.Core.Storage.Rows;
using Xunit;

namespace Serverless.Core.Tests.Log;

public sealed class SegmentTests
{
    [Fact]
    public async Task A_segment_ends_after_so_many_blocks_and_the_next_is_named_by_its_offset()
    {
        var harness = new LogHarness(new LogOptions { SegmentBlocksRoll = 3 });
        var logs = harness.NewInstance();

        for (var n = 0; n < 7; n++)
        {
            await harness.AppendAsync(logs, $"{n}");
        }

        Assert.Equal([0, 3, 6], (await harness.SegmentsAsync()).Select(Layout.BaseOffset));
        Assert.Equal(Enumerable.Range(0, 7).Select(n => ((long)n, $"{n}")), await harness.ReadAllAsync(harness.NewInstance()));
    }

    [Fact]
    public async Task A_segment_ends_when_it_reaches_segment_bytes()
    {
        var harness = new LogHarness().With(("segment.bytes", "200"));
        var logs = harness.NewInstance();

        for (var n = 0; n < 6; n++)
        {
            await harness.AppendAsync(logs, new string((char)('a' + n), 60));
        }

        Assert.Equal([0, 2, 4, 6], (await harness.SegmentsAsync()).Select(Layout.BaseOffset));
    }

    [Fact]
    public async Task A_segment_ends_when_its_records_span_segment_ms()
    {
        var harness = new LogHarness().With(("segment.ms", "1000"));
        var logs = harness.NewInstance();

        await harness.AppendAsync(logs, "a");
        harness.Clock.Advance(TimeSpan.FromMilliseconds(1_001));
        await harness.AppendAsync(logs, "b");
        await harness.AppendAsync(logs, "c");

        Assert.Equal([0, 2], (await harness.SegmentsAsync()).Select(Layout.BaseOffset));
    }

    [Theory]
    [InlineData(AppendFault.LostReply)]
    [InlineData(AppendFault.LostRequest)]
    [InlineData(AppendFault.Twice)]
    [InlineData(AppendFault.Late)]
    public async Task A_fault_on_the_append_that_ends_a_segment_loses_and_doubles_nothing(AppendFault fault)
    {
        var harness = new LogHarness(new LogOptions { SegmentBlocksRoll = 2 });
        var logs = harness.NewInstance();
        await harness.AppendAsync(logs, "0");
        harness.Faults.Appends[harness.Faults.AppendsSeen + 1] = fault;

        await harness.AppendAsync(logs, "1");
        await harness.AppendAsync(logs, "2");

        Assert.Equal([(0, "0"), (1, "1"), (2, "2")], await harness.ReadAllAsync(harness.NewInstance()));
        Assert.Equal([0, 2], (await harness.SegmentsAsync()).Select(Layout.BaseOffset));
    }

    [Fact]
    public async Task A_stale_writer_meets_the_end_marker_and_goes_on_in_the_next_segment()
    {
        var harness = new LogHarness(new LogOptions { SegmentBlocksRoll = 2 });
        var (stale, other) = (harness.NewInstance(), harness.NewInstance());
        await harness.AppendAsync(stale, "0");
        for (var n = 1; n < 6; n++)
        {
            await harness.AppendAsync(other, $"{n}");
        }

        var answer = await harness.AppendAsync(stale, "6");

        Assert.Equal(6, answer.BaseOffset);
        Assert.Equal(Enumerable.Range(0, 7).Select(n => ((long)n, $"{n}")), await harness.ReadAllAsync(stale));
    }

    [Fact]
    public async Task A_writer_that_slept_while_its_segment_expired_does_not_make_it_again()
    {
        var harness = new LogHarness(new LogOptions { SegmentBlocksRoll = 2 }).With(("retention.ms", "1000"));
        var (asleep, other) = (harness.NewInstance(), harness.NewInstance());
        await asleep.FetchAsync(harness.Topic, 0, 0, 1024, default);
        for (var n = 0; n < 4; n++)
        {
            await harness.AppendAsync(other, $"{n}");
        }

        harness.Clock.Advance(TimeSpan.FromSeconds(5));
        await other.RetainAsync(harness.Topic, 0, default);
        var answer = await harness.AppendAsync(asleep, "late");

        Assert.Equal(4, answer.BaseOffset);
        Assert.Equal([(4, "late")], await harness.ReadAllAsync(harness.NewInstance(), offset: 4));
    }

    [Fact]
    public async Task A_reader_that_saw_an_empty_partition_is_not_fooled_when_its_first_segment_came_and_went()
    {
        var harness = new LogHarness(LogHarness.RemovesAtOnce).With(("retention.ms", "1000"));
        var (asleep, other) = (harness.NewInstance(), harness.NewInstance());
        await asleep.FetchAsync(harness.Topic, 0, 0, 1024, default);
        for (var n = 0; n < 2; n++)
        {
            await harness.AppendAsync(other, $"{n}");
        }

        harness.Clock.Advance(TimeSpan.FromSeconds(5));
        await harness.RetainAsync(other);
        await harness.AppendAsync(other, "new");

        Assert.Equal(ErrorCode.OffsetOutOfRange, (await asleep.FetchAsync(harness.Topic, 0, 0, 1024, default)).Error);
        Assert.Equal(new OffsetSnapshot(2, 3, 3), await asleep.OffsetsAsync(harness.Topic, 0, default));
    }

    [Fact]
    public async Task A_partition_of_20_000_batches_opens_cold_with_two_queries_and_the_reads_of_one_interval()
    {
        var harness = new LogHarness();
        var writer = harness.NewInstance();
        for (var n = 0; n < 20_000; n++)
        {
            await harness.AppendAsync(writer, $"{n}");
        }

        var before = harness.Meter.Read();
        var offsets = (await harness.NewInstance().FetchAsync(harness.Topic, 0, 20_000, 1024, default)).Offsets;

        var calls = harness.Meter.Read() - before;
        Assert.Equal(20_000, offsets.LogEndOffset);
        Assert.True(calls.Tables <= 2, $"{calls}");
        Assert.True(calls.Reads <= 2, $"{calls}");
    }

    [Fact]
    public async Task A_lost_checkpoint_costs_time_but_nothing_else()
    {
        var harness = new LogHarness(new LogOptions { SegmentBlocksRoll = 3, CheckpointBytes = 4096 });
        var writer = harness.NewInstance();
        for (var n = 0; n < 20; n++)
        {
            await harness.AppendAsync(writer, new string('x', 700) + n);
        }

        var key = Layout.PartitionKey(harness.Topic.Id, 0);
        var page = await harness.Rows.QueryAsync(Layout.CheckpointsTable, new RowQuery(key), default);
        foreach (var row in page.Rows)
        {
            await harness.Rows.SubmitAsync(Layout.CheckpointsTable, key, [RowAction.Delete(row.Key.Row, row.ETag)], default);
        }

        Assert.NotEmpty(page.Rows);
        Assert.Equal(20, (await harness.ReadAllAsync(harness.NewInstance())).Count);
    }

    [Fact]
    public async Task Corruption_stops_reading_at_its_place()
    {
        var harness = new LogHarness();
        await harness.AppendAsync(harness.NewInstance(), "a");
        var blob = (await harness.SegmentsAsync())[0];
        var length = (await harness.Blobs.ReadAsync(blob, 0, 1 << 20, default)).Bytes.Length;
        var bad = harness.Batch("b");
        RecordBatch.Stamp(bad, 1, 7);
        bad[^1] ^= 1;
        await harness.Blobs.AppendAsync(blob, length, bad, default);

        var corrupt = await Assert.ThrowsAsync<CorruptLogException>(() => harness.ReadAllAsync(harness.NewInstance()));

        Assert.Equal((blob, length), (corrupt.Blob, corrupt.Position));
    }

    [Fact]
    public async Task A_gap_in_the_offsets_is_corruption()
    {
        var harness = new LogHarness();
        await harness.AppendAsync(harness.NewInstance(), "a");
        var blob = (await harness.SegmentsAsync())[0];
        var length = (await harness.Blobs.ReadAsync(blob, 0, 1 << 20, default)).Bytes.Length;
        var ahead = harness.Batch("b");
        RecordBatch.Stamp(ahead, 5, 7);
        await harness.Blobs.AppendAsync(blob, length, ahead, default);

        await Assert.ThrowsAsync<CorruptLogException>(() => harness.ReadAllAsync(harness.NewInstance()));
    }

    [Fact]
    public async Task A_closed_log_leaves_no_checkpoint_by_which_it_would_look_open()
    {
        var harness = new LogHarness();
        var rows = new PartitionRows(harness.Rows, harness.Topic.Id, 0);

        await rows.AddCheckpointAsync(new LogTail(5, 6, 7, 8, 9, 10, 11, Closed: true), decidedFrom: 0, default);

        Assert.Null(await rows.CheckpointAtOrBelowAsync(long.MaxValue, default));
    }

    [Fact]
    public void A_checkpoint_row_keeps_the_whole_tail()
    {
        var tail = new LogTail(5, 6, 7, 8, 9, 10, 11, Closed: false);

        var row = new StoredRow(new RowKey("p", CheckpointRow.Row(7)), "e", CheckpointRow.EncodeWithProducers(tail));

        var decoded = CheckpointRow.DecodeWithProducers(row);
        Assert.Equal(tail, decoded with { Producers = tail.Producers, Aborted = tail.Aborted, Keys = tail.Keys });
        Assert.Equal(7, decoded.Aborted.From);
        Assert.Equal(7, decoded.Keys.From);
        Assert.Equal(0, decoded.Producers.Count);
    }
}
