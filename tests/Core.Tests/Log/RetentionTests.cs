using Serverless.Core.Log;
using Serverless.Core.Storage;
using Serverless.Core.Topics;
using Xunit;

namespace Serverless.Core.Tests.Log;

public sealed class RetentionTests
{
    private static readonly RolledSegment[] Ended =
        [new(0, 10, 100, 1_000), new(10, 20, 100, 2_000), new(20, 30, 100, 1_500)];

    private static TopicSettings Settings(string name, string value) =>
        TopicSettings.Default.With(new Dictionary<string, string?> { [name] = value }, out _)!;

    [Theory]
    [InlineData(2_000, 0)]
    [InlineData(2_001, 10)]
    [InlineData(3_000, 10)]
    [InlineData(3_001, 30)]
    public void Segments_go_from_the_oldest_on_when_their_newest_record_is_too_old(long nowMs, long start)
    {
        Assert.Equal(start, Retention.StartAfter(0, Ended, 50, Settings("retention.ms", "1000"), nowMs));
    }

    [Theory]
    [InlineData(351, 0)]
    [InlineData(350, 0)]
    [InlineData(250, 10)]
    [InlineData(249, 10)]
    [InlineData(1, 30)]
    public void Segments_go_while_the_log_without_them_still_has_retention_bytes(long retentionBytes, long start)
    {
        Assert.Equal(
            start, Retention.StartAfter(0, Ended, 50, Settings("retention.bytes", $"{retentionBytes}"), nowMs: 1_600));
    }

    [Fact]
    public async Task Late_readers_are_told_that_their_offset_is_gone_and_the_rest_stays()
    {
        var harness = new LogHarness(LogHarness.RemovesAtOnce with { TailCacheBytes = 0 })
            .With(("retention.ms", "10000"));
        var (logs, late) = (harness.NewInstance(), harness.NewInstance());
        for (var n = 0; n < 5; n++)
        {
            await harness.AppendAsync(logs, $"{n}");
        }

        await late.FetchAsync(harness.Topic, 0, 0, 1024, default);
        harness.Clock.Advance(TimeSpan.FromSeconds(8));
        await harness.AppendAsync(logs, "5");
        harness.Clock.Advance(TimeSpan.FromSeconds(4));

        var start = await harness.RetainAsync(logs);

        Assert.Equal(4, start);
        Assert.Equal([4, 6], (await harness.SegmentsAsync()).Select(Layout.BaseOffset));
        Assert.Equal(ErrorCode.OffsetOutOfRange, (await late.FetchAsync(harness.Topic, 0, 0, 1024, default)).Error);
        Assert.Equal([(4, "4"), (5, "5")], await harness.ReadAllAsync(late, offset: 4));
        Assert.Equal(new OffsetSnapshot(4, 6, 6), await late.OffsetsAsync(harness.Topic, 0, default));
    }

    [Fact]
    public async Task An_active_segment_that_is_wholly_too_old_is_ended_and_goes_too()
    {
        var harness = new LogHarness().With(("retention.ms", "1000"));
        var logs = harness.NewInstance();
        await harness.AppendAsync(logs, "a", "b");
        harness.Clock.Advance(TimeSpan.FromSeconds(2));

        await logs.RetainAsync(harness.Topic, 0, default);
        var answer = await harness.AppendAsync(logs, "c");

        Assert.Equal(2, answer.BaseOffset);
        Assert.Equal(new OffsetSnapshot(2, 3, 3), await harness.NewInstance().OffsetsAsync(harness.Topic, 0, default));
    }

    [Fact]
    public async Task A_log_without_its_rows_is_measured_by_reading_and_cut_all_the_same()
    {
        var harness = new LogHarness(LogHarness.RemovesAtOnce).With(("retention.ms", "1000"));
        var logs = harness.NewInstance();
        for (var n = 0; n < 5; n++)
        {
            await harness.AppendAsync(logs, $"{n}");
        }

        await new PartitionRows(harness.Rows, harness.Topic.Id, 0).RemoveAllAsync(default);
        harness.Clock.Advance(TimeSpan.FromSeconds(2));
        var start = await harness.RetainAsync(harness.NewInstance());

        Assert.Equal(5, start);
        Assert.Empty(await harness.SegmentsAsync());
        Assert.Equal(5, (await harness.AppendAsync(harness.NewInstance(), "new")).BaseOffset);
    }

    [Fact]
    public async Task Nothing_goes_while_nothing_is_too_old_and_the_next_look_is_named()
    {
        var harness = new LogHarness().With(("retention.ms", "5000"));
        var logs = harness.NewInstance();
        await harness.AppendAsync(logs, "a");
        var written = harness.NowMs;

        var answer = await logs.RetainAsync(harness.Topic, 0, default);

        Assert.Equal(0, answer.LogStartOffset);
        Assert.InRange(answer.DueAgainMs!.Value, written + 4_000, written + 5_000);
    }

    [Fact]
    public async Task Rows_of_what_went_go_with_it()
    {
        var harness = new LogHarness(LogHarness.RemovesAtOnce).With(("retention.ms", "1000"));
        var logs = harness.NewInstance();
        for (var n = 0; n < 8; n++)
        {
            await harness.AppendAsync(logs, $"{n}");
        }

        harness.Clock.Advance(TimeSpan.FromSeconds(2));
        await harness.RetainAsync(logs);

        var page = await harness.Rows.QueryAsync(
            Layout.CheckpointsTable, new RowQuery(Layout.PartitionKey(harness.Topic.Id, 0)), default);
        Assert.Equal(["c|" + Layout.Inverted(8), "start"], page.Rows.Select(row => row.Key.Row));
    }

    [Fact]
    public async Task A_log_with_producers_that_nobody_writes_to_any_more_is_emptied_in_the_end()
    {
        var harness = new LogHarness(LogHarness.RemovesAtOnce).With(("retention.ms", "10000"));
        var logs = harness.NewInstance();
        for (var sequence = 0; sequence < 3; sequence++)
        {
            await ProduceAsync(sequence);
        }

        harness.Clock.Advance(TimeSpan.FromSeconds(8));
        await ProduceAsync(3);
        await ProduceAsync(4);
        harness.Clock.Advance(TimeSpan.FromSeconds(4));

        // It leaves a checkpoint at the end, in the segment that stays for now.
        Assert.Equal(2, await harness.RetainAsync(logs));
        harness.Clock.Advance(TimeSpan.FromSeconds(20));

        Assert.Equal(5, await harness.RetainAsync(logs));
        Assert.DoesNotContain(await harness.SegmentsAsync(), segment => Layout.BaseOffset(segment) < 5);

        // And what is gone is remembered still.
        logs = harness.NewInstance();
        Assert.Equal(new AppendAnswer(ErrorCode.None, 4, IsDuplicate: true), await ProduceAsync(4));
        Assert.Equal(new AppendAnswer(ErrorCode.None, 5), await ProduceAsync(5));

        async Task<AppendAnswer> ProduceAsync(int sequence) => await harness.Run(logs.AppendAsync(
            harness.Topic, 0, harness.Batch($"{sequence}"),
            new AppendIdentity.Sequence(7, 0, sequence, LeavesOut: false), default).AsTask());
    }
}
