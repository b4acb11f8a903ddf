using Serverless.Core.Log;
using Serverless.Core.Storage;
using Xunit;

namespace Serverless.Core.Tests.Log;

public sealed class FetchTests
{
    [Fact]
    public async Task A_fetch_inside_a_batch_gives_the_whole_batch()
    {
        var harness = new LogHarness();
        var logs = harness.NewInstance();
        await harness.AppendAsync(logs, "a", "b", "c");

        var answer = await logs.FetchAsync(harness.Topic, 0, 1, 1024, default);

        Assert.Equal([(0, "a"), (1, "b"), (2, "c")], LogHarness.Values(answer.Batches.Span));
        Assert.Equal(3, answer.NextOffset);
    }

    [Fact]
    public async Task A_fetch_at_the_end_is_empty_and_above_it_out_of_range()
    {
        var harness = new LogHarness();
        var logs = harness.NewInstance();
        await harness.AppendAsync(logs, "a");

        var atEnd = await logs.FetchAsync(harness.Topic, 0, 1, 1024, default);
        var above = await logs.FetchAsync(harness.Topic, 0, 2, 1024, default);
        var below = await logs.FetchAsync(harness.Topic, 0, -1, 1024, default);

        Assert.Equal((ErrorCode.None, 0, 1L), (atEnd.Error, atEnd.Batches.Length, atEnd.NextOffset));
        Assert.Equal(ErrorCode.OffsetOutOfRange, above.Error);
        Assert.Equal(ErrorCode.OffsetOutOfRange, below.Error);
    }

    [Fact]
    public async Task The_first_batch_comes_whatever_its_size_and_the_next_only_if_it_fits()
    {
        var harness = new LogHarness();
        var logs = harness.NewInstance();
        await harness.AppendAsync(logs, new string('x', 1000));
        await harness.AppendAsync(logs, "b");

        var one = await logs.FetchAsync(harness.Topic, 0, 0, 10, default);
        var both = await logs.FetchAsync(harness.Topic, 0, 0, 10_000, default);

        Assert.Equal(1, one.NextOffset);
        Assert.Equal(2, both.NextOffset);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(700)]
    [InlineData(1 << 20)]
    public async Task Every_record_is_read_once_in_order_from_any_offset_cold_or_warm(int cacheBytes)
    {
        var harness = new LogHarness(new LogOptions
        {
            SegmentBlocksRoll = 4, CheckpointBytes = 2048, ReadBytes = 300, TailCacheBytes = cacheBytes,
        });
        var logs = harness.NewInstance();
        for (var n = 0; n < 40; n++)
        {
            await harness.AppendAsync(logs, $"{2 * n} {new string('x', n * 7)}", $"{(2 * n) + 1}");
        }

        for (var offset = 0; offset < 80; offset += 3)
        {
            var read = await harness.ReadAllAsync(offset % 2 == 0 ? logs : harness.NewInstance(), offset, bytesMax: 500);

            Assert.Equal(Enumerable.Range(offset, 80 - offset).Select(n => (long)n), read.Select(record => record.Offset));
            Assert.All(read, record => Assert.Equal($"{record.Offset}", record.Value.Split(' ')[0]));
        }
    }

    [Fact]
    public async Task A_fetch_of_what_this_instance_wrote_last_reads_nothing_from_storage()
    {
        var harness = new LogHarness();
        var logs = harness.NewInstance();
        await harness.AppendAsync(logs, "a");
        await harness.AppendAsync(logs, "b");
        var before = harness.Meter.Read();

        var answer = await logs.FetchAsync(harness.Topic, 0, 0, 1024, default);

        Assert.Equal(2, answer.NextOffset);
        Assert.Equal(default, harness.Meter.Read() - before);
    }

    [Fact]
    public async Task Reading_a_cold_log_from_its_start_is_one_read_a_fetch()
    {
        var harness = new LogHarness(new LogOptions { TailCacheBytes = 0 });
        var writer = harness.NewInstance();
        for (var n = 0; n < 30; n++)
        {
            await harness.AppendAsync(writer, new string('x', 100));
        }

        var reader = harness.NewInstance();
        var first = await reader.FetchAsync(harness.Topic, 0, 0, 2000, default);
        var before = harness.Meter.Read();
        await reader.FetchAsync(harness.Topic, 0, first.NextOffset, 2000, default);

        Assert.Equal(new StorageCalls { Reads = 1 }, harness.Meter.Read() - before);
    }

    [Fact]
    public async Task Offsets_asked_for_after_an_append_was_acknowledged_anywhere_lie_behind_it()
    {
        var harness = new LogHarness();
        var (one, other) = (harness.NewInstance(), harness.NewInstance());
        Assert.Equal(new OffsetSnapshot(0, 0, 0), await other.OffsetsAsync(harness.Topic, 0, default));

        await harness.AppendAsync(one, "a", "b");

        Assert.Equal(new OffsetSnapshot(0, 2, 2), await other.OffsetsAsync(harness.Topic, 0, default));
    }

    [Fact]
    public async Task The_first_record_at_or_after_a_time_is_found_wherever_it_lies()
    {
        var harness = new LogHarness(new LogOptions { SegmentBlocksRoll = 5, CheckpointBytes = 512 });
        var logs = harness.NewInstance();
        for (var n = 0; n < 30; n++)
        {
            await harness.Run(logs.AppendAsync(
                harness.Topic, 0, LogHarness.Batch(1_000 + (n * 10), $"{n}", new string('x', 60)), default).AsTask());
        }

        var cold = harness.NewInstance();
        for (var n = 0; n < 30; n++)
        {
            var exact = await cold.OffsetForTimestampAsync(harness.Topic, 0, 1_000 + (n * 10), default);
            var between = await cold.OffsetForTimestampAsync(harness.Topic, 0, 1_000 + (n * 10) - 5, default);

            Assert.Equal(new OffsetAndTimestamp(2 * n, 1_000 + (n * 10)), exact);
            Assert.Equal(exact, between);
        }

        Assert.Null(await cold.OffsetForTimestampAsync(harness.Topic, 0, 1_291, default));
        Assert.Equal(0, (await cold.OffsetForTimestampAsync(harness.Topic, 0, 0, default))!.Value.Offset);
    }

    [Fact]
    public async Task An_older_timestamp_behind_a_newer_one_is_no_reason_to_skip_the_newer()
    {
        var harness = new LogHarness();
        var logs = harness.NewInstance();
        foreach (var timestamp in new[] { 100L, 900L, 200L, 950L })
        {
            await harness.Run(logs.AppendAsync(harness.Topic, 0, LogHarness.Batch(timestamp, $"{timestamp}"), default).AsTask());
        }

        Assert.Equal(1, (await logs.OffsetForTimestampAsync(harness.Topic, 0, 150, default))!.Value.Offset);
        Assert.Equal(3, (await logs.OffsetForTimestampAsync(harness.Topic, 0, 901, default))!.Value.Offset);
    }
}
