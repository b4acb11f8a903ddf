using Microsoft.Extensions.Logging.Abstractions;
using Serverless.Core.Log;
using Xunit;

namespace Serverless.Core.Tests.Log;

/// <summary>Instances that knew a segment, slept while retention removed it, and wake: no fault is needed for that.</summary>
public sealed class StaleInstanceTests
{
    private static readonly TimeSpan Days = TimeSpan.FromDays(2);

    private readonly LogHarness _harness =
        new LogHarness(new LogOptions { SegmentBlocksRoll = 2 }).With(("retention.ms", "1000"));

    [Fact]
    public async Task An_instance_that_made_a_segment_which_is_gone_appends_behind_the_end()
    {
        var (maker, knower, busy) = (_harness.NewInstance(), _harness.NewInstance(), _harness.NewInstance());
        await _harness.AppendAsync(maker, "a");
        await _harness.AppendAsync(maker, "b");
        await _harness.ReadAllAsync(knower);
        await OutliveSegmentsAsync(busy);

        var byKnower = await _harness.AppendAsync(knower, "c");
        var byMaker = await _harness.AppendAsync(maker, "d");

        Assert.Equal((5, 6), (byKnower.BaseOffset, byMaker.BaseOffset));
        Assert.Equal([(5, "c"), (6, "d")], await _harness.ReadAllAsync(_harness.NewInstance(), offset: 5));
    }

    [Fact]
    public async Task An_instance_that_wrote_to_a_segment_which_was_made_anew_goes_on_at_the_end()
    {
        var (writer, knower, busy) = (_harness.NewInstance(), _harness.NewInstance(), _harness.NewInstance());
        await _harness.AppendAsync(busy, "a");
        await _harness.AppendAsync(busy, "b");
        await _harness.ReadAllAsync(knower);
        await _harness.AppendAsync(writer, "c");
        await OutliveSegmentsAsync(busy);
        await _harness.Blobs.CreateAsync(Storage.Layout.Segment(_harness.Topic.Id, 0, 2), default);

        var marks = await writer.OffsetsAsync(_harness.Topic, 0, default);
        var answer = await _harness.AppendAsync(writer, "d");

        Assert.Equal(marks.LogEndOffset, answer.BaseOffset);
        Assert.Equal(
            [(answer.BaseOffset, "d")], await _harness.ReadAllAsync(_harness.NewInstance(), offset: answer.BaseOffset));
    }

    [Fact]
    public async Task A_reader_of_a_segment_which_was_made_anew_is_told_that_its_offset_is_gone()
    {
        var (reader, busy) = (_harness.NewInstance(), _harness.NewInstance());
        await _harness.AppendAsync(busy, "a");
        await _harness.ReadAllAsync(reader);
        await OutliveSegmentsAsync(busy);
        await _harness.Blobs.CreateAsync(Storage.Layout.Segment(_harness.Topic.Id, 0, 0), default);

        var answer = await reader.FetchAsync(_harness.Topic, 0, 1, 1_000, default);

        Assert.Equal(ErrorCode.OffsetOutOfRange, answer.Error);
    }

    [Fact]
    public async Task A_fetch_that_the_start_passes_while_it_looks_is_told_so_and_skips_nothing()
    {
        var writer = _harness.NewInstance();
        await _harness.AppendAsync(writer, "a");
        await _harness.AppendAsync(writer, "b");
        var rows = new HookedRows(_harness.Rows);
        var reader = new PartitionLogs(new LogContext(
            _harness.Blobs, rows, _harness.Clock, new Random(1), new RandomIdSource(new Random(2)),
            new LogOptions { TailCacheBytes = 0 }, NullLogger<PartitionLogs>.Instance));
        await reader.OffsetsAsync(_harness.Topic, 0, default);
        rows.BeforeQuery = async () =>
        {
            await OutliveSegmentsAsync(_harness.NewInstance());
            await _harness.AppendAsync(writer, "c");
            await reader.OffsetsAsync(_harness.Topic, 0, default);
        };

        var answer = await reader.FetchAsync(_harness.Topic, 0, 0, 1_000, default);

        Assert.Equal(ErrorCode.OffsetOutOfRange, answer.Error);
    }

    // Seed 6627.
    [Fact]
    public async Task A_log_that_begins_while_an_instance_looks_for_it_is_ended_all_the_same()
    {
        var age = TimeSpan.FromMinutes(1);
        var harness = new LogHarness(new LogOptions { StartAgeMax = age });
        var (closer, writer) = (harness.NewInstance(), harness.NewInstance());
        Task? closing = null;
        harness.Faults.AfterRead = async () =>
        {
            // The answer that there is no blob takes long.
            harness.Clock.Advance(2 * age);
            await harness.AppendAsync(writer, "a");
            closing = closer.CloseAsync(harness.Topic.Id, 0, default).AsTask();
        };
        await closer.OffsetsAsync(harness.Topic, 0, default);
        await closing!;

        var late = await harness.AppendAsync(writer, "b");

        Assert.Equal(ErrorCode.UnknownTopicOrPartition, late.Error);
    }

    // Three more records and the end of all segments before them.
    private async Task OutliveSegmentsAsync(PartitionLogs busy)
    {
        for (var n = 0; n < 3; n++)
        {
            await _harness.AppendAsync(busy, $"busy {n}");
        }

        for (var sweep = 0; sweep < 4; sweep++)
        {
            _harness.Clock.Advance(Days);
            await busy.RetainAsync(_harness.Topic, 0, default);
        }
    }
}
