using Microsoft.Extensions.Logging.Abstractions;
using Serverless.Core.Log;
using Serverless.Core.Storage;
using Serverless.Core.Tests.Log;
using Serverless.Core.Topics;
using Xunit;

namespace Serverless.Core.Tests.Topics;

public sealed class TopicCatalogTests
{
    private static readonly Dictionary<string, string?> NoSettings = [];

    private readonly LogHarness _harness = new();

    private (TopicCatalog Catalog, PartitionLogs Logs) NewInstance()
    {
        var logs = _harness.NewInstance();
        var rows = new CountingRowStore(_harness.Rows, _harness.Meter);
        return (new TopicCatalog(rows, logs, _harness.Clock, new RandomIdSource(new Random(logs.GetHashCode()))), logs);
    }

    [Fact]
    public async Task A_topic_that_was_created_anywhere_is_found_everywhere()
    {
        var (catalog, _) = NewInstance();

        var created = await catalog.CreateAsync("orders", 3, NoSettings, validateOnly: false, default);

        Assert.Equal(ErrorCode.None, created.Error);
        Assert.Equal(created.Topic, await NewInstance().Catalog.FindAsync("orders", default));
        Assert.Equal(["orders"], (await NewInstance().Catalog.ListAsync(default)).Select(topic => topic.Name));
    }

    [Fact]
    public async Task A_name_is_taken_once()
    {
        await NewInstance().Catalog.CreateAsync("orders", 3, NoSettings, validateOnly: false, default);

        var again = await NewInstance().Catalog.CreateAsync("orders", 3, NoSettings, validateOnly: false, default);

        Assert.Equal(ErrorCode.TopicAlreadyExists, again.Error);
    }

    [Fact]
    public async Task A_topic_that_an_earlier_attempt_at_the_request_made_is_its_answer()
    {
        var made = await NewInstance().Catalog.CreateAsync("orders", 3, NoSettings, validateOnly: false, "request", default);
        await NewInstance().Catalog.SetPartitionsAsync("orders", 5, default);

        var again = await NewInstance().Catalog.CreateAsync("orders", 3, NoSettings, validateOnly: false, "request", default);
        var other = await NewInstance().Catalog.CreateAsync("orders", 3, NoSettings, validateOnly: false, "another", default);

        Assert.Equal((ErrorCode.None, made.Topic), (again.Error, again.Topic));
        Assert.Equal(ErrorCode.TopicAlreadyExists, other.Error);
        Assert.Equal(5, (await NewInstance().Catalog.FindAsync("orders", default))!.Partitions);
    }

    [Fact]
    public async Task A_topic_that_was_deleted_since_is_not_made_again_by_its_request()
    {
        var (catalog, _) = NewInstance();
        await catalog.CreateAsync("orders", 3, NoSettings, validateOnly: false, "request", default);
        await catalog.DeleteAsync("orders", default);

        Assert.Equal(ErrorCode.None, (await catalog.CreateAsync("orders", 3, NoSettings, validateOnly: false, "request", default)).Error);
        Assert.Null(await NewInstance().Catalog.FindAsync("orders", default));
        Assert.Equal(ErrorCode.None, (await catalog.CreateAsync("orders", 3, NoSettings, validateOnly: false, "another", default)).Error);
        Assert.NotNull(await NewInstance().Catalog.FindAsync("orders", default));
    }

    [Theory]
    [InlineData("", 1, ErrorCode.InvalidTopic)]
    [InlineData(".", 1, ErrorCode.InvalidTopic)]
    [InlineData("..", 1, ErrorCode.InvalidTopic)]
    [InlineData("a/b", 1, ErrorCode.InvalidTopic)]
    [InlineData("__offsets", 1, ErrorCode.InvalidTopic)]
    [InlineData("é", 1, ErrorCode.InvalidTopic)]
    [InlineData("fine", 0, ErrorCode.InvalidPartitions)]
    [InlineData("fine", -5, ErrorCode.InvalidPartitions)]
    [InlineData("fine", 1_001, ErrorCode.InvalidPartitions)]
    public async Task A_topic_that_cannot_be_is_refused_and_nothing_is_made(string name, int partitions, ErrorCode error)
    {
        var (catalog, _) = NewInstance();

        var answer = await catalog.CreateAsync(name, partitions, NoSettings, validateOnly: false, default);

        Assert.Equal(error, answer.Error);
        Assert.NotNull(answer.Message);
        Assert.Empty(await catalog.ListAsync(default));
    }

    [Theory]
    [InlineData("retention.ms", "-2")]
    [InlineData("retention.ms", "1e3")]
    [InlineData("retention.ms", "01")]
    [InlineData("cleanup.policy", "compact")]
    [InlineData("compression.type", "zstd")]
    [InlineData("max.message.bytes", "4194304")]
    [InlineData("segment.bytes", "13")]
    [InlineData("min.insync.replicas", "1")]
    public async Task A_setting_that_is_not_enforced_is_refused_by_name(string name, string value)
    {
        var settings = new Dictionary<string, string?> { [name] = value };

        var answer = await NewInstance().Catalog.CreateAsync("orders", 1, settings, validateOnly: false, default);

        Assert.Equal(ErrorCode.InvalidConfig, answer.Error);
        Assert.Contains(name, answer.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Validating_makes_nothing()
    {
        var (catalog, _) = NewInstance();

        var answer = await catalog.CreateAsync("orders", 1, NoSettings, validateOnly: true, default);

        Assert.Equal(ErrorCode.None, answer.Error);
        Assert.Null(await NewInstance().Catalog.FindAsync("orders", default));
    }

    [Fact]
    public async Task Partitions_are_added_and_never_removed()
    {
        var (catalog, _) = NewInstance();
        await catalog.CreateAsync("orders", 3, NoSettings, validateOnly: false, default);

        Assert.Equal(ErrorCode.InvalidPartitions, (await catalog.SetPartitionsAsync("orders", 3, default)).Error);
        Assert.Equal(ErrorCode.InvalidPartitions, (await catalog.SetPartitionsAsync("orders", 2, default)).Error);
        Assert.Equal(5, (await catalog.SetPartitionsAsync("orders", 5, default)).Topic!.Partitions);
        Assert.Equal(5, (await NewInstance().Catalog.FindAsync("orders", default))!.Partitions);
        Assert.Equal(
            ErrorCode.UnknownTopicOrPartition, (await catalog.SetPartitionsAsync("payments", 5, default)).Error);
    }

    [Fact]
    public async Task Settings_change_all_or_none_and_go_back_to_their_defaults()
    {
        var (catalog, _) = NewInstance();
        await catalog.CreateAsync("orders", 1, NoSettings, validateOnly: false, default);

        var bad = await catalog.AlterSettingsAsync(
            "orders", new Dictionary<string, string?> { ["retention.ms"] = "5", ["segment.ms"] = "x" }, false, default);
        var good = await catalog.AlterSettingsAsync(
            "orders", new Dictionary<string, string?> { ["retention.ms"] = "5" }, false, default);
        var back = await catalog.AlterSettingsAsync(
            "orders", new Dictionary<string, string?> { ["retention.ms"] = null }, false, default);

        Assert.Equal(ErrorCode.InvalidConfig, bad.Error);
        Assert.Equal(5, good.Topic!.Settings.RetentionMs);
        Assert.Equal(604_800_000, back.Topic!.Settings.RetentionMs);
    }

    [Fact]
    public async Task An_instance_that_still_knows_a_deleted_topic_cannot_append_to_it()
    {
        var (catalog, _) = NewInstance();
        var (_, stale) = NewInstance();
        var topic = (await catalog.CreateAsync("orders", 2, NoSettings, validateOnly: false, default)).Topic!;
        await stale.AppendAsync(topic, 0, _harness.Batch("a"), default);

        await catalog.DeleteAsync("orders", default);

        var used = await _harness.Run(stale.AppendAsync(topic, 0, _harness.Batch("b"), default).AsTask());
        var unused = await _harness.Run(stale.AppendAsync(topic, 1, _harness.Batch("b"), default).AsTask());
        Assert.Equal(ErrorCode.UnknownTopicOrPartition, used.Error);
        Assert.Equal(ErrorCode.UnknownTopicOrPartition, unused.Error);
    }

    [Fact]
    public async Task A_deleted_name_is_free_at_once_for_a_topic_that_starts_empty()
    {
        var (catalog, logs) = NewInstance();
        var old = (await catalog.CreateAsync("orders", 1, NoSettings, validateOnly: false, default)).Topic!;
        await logs.AppendAsync(old, 0, _harness.Batch("a"), default);
        await catalog.DeleteAsync("orders", default);

        var created = await catalog.CreateAsync("orders", 1, NoSettings, validateOnly: false, default);

        Assert.NotEqual(old.Id, created.Topic!.Id);
        Assert.Equal(0, (await logs.OffsetsAsync(created.Topic, 0, default)).LogEndOffset);
        Assert.Equal(
            ErrorCode.UnknownTopicOrPartition, (await NewInstance().Catalog.DeleteAsync("payments", default)).Error);
    }

    [Fact]
    public async Task What_a_deleted_topic_stored_is_removed_after_an_hour_and_its_tombstone_after_two()
    {
        var (catalog, logs) = NewInstance();
        var topic = (await catalog.CreateAsync("orders", 2, NoSettings, validateOnly: false, default)).Topic!;
        await logs.AppendAsync(topic, 0, _harness.Batch("a"), default);
        await catalog.DeleteAsync("orders", default);
        var sweep = new TopicSweep(_harness.Rows, _harness.Blobs, catalog);

        while (await sweep.SweepAsync(default))
        {
        }

        Assert.NotEmpty((await _harness.Blobs.ListAsync("", null, 10, default)).Items);
        _harness.Clock.Advance(sweep.TombstoneAge + TimeSpan.FromMinutes(1));
        while (await sweep.SweepAsync(default))
        {
        }

        Assert.Empty((await _harness.Blobs.ListAsync("", null, 10, default)).Items);
        Assert.NotEmpty(await RowsOfAsync(topic));
        _harness.Clock.Advance(sweep.TombstoneAge);
        while (await sweep.SweepAsync(default))
        {
        }

        Assert.Empty(await RowsOfAsync(topic));
        Assert.Empty((await _harness.Rows.QueryAsync(Layout.TopicsTable, new RowQuery("topics"), default)).Rows);
    }

    [Fact]
    public async Task A_topic_whose_log_is_corrupt_can_be_deleted_and_takes_nothing_any_more()
    {
        var (catalog, logs) = NewInstance();
        var broken = (await catalog.CreateAsync("broken", 1, NoSettings, validateOnly: false, default)).Topic!;
        await logs.AppendAsync(broken, 0, _harness.Batch("a"), default);
        var segment = (await _harness.Blobs.ListAsync(Layout.TopicPrefix(broken.Id), null, 10, default)).Items[^1];
        await _harness.Blobs.AppendAsync(segment.Name, segment.Size, new byte[100], default);
        await Assert.ThrowsAsync<CorruptLogException>(
            () => NewInstance().Logs.FetchAsync(broken, 0, 0, 1_000, default).AsTask());

        Assert.Equal(ErrorCode.None, (await NewInstance().Catalog.DeleteAsync("broken", default)).Error);

        // This instance has not heard of it: its tail is from before the bytes that are wrong.
        var late = await Record.ExceptionAsync(async () => Assert.NotEqual(
            ErrorCode.None, (await logs.AppendAsync(broken, 0, _harness.Batch("b"), default)).Error));
        Assert.True(late is null or CorruptLogException, late?.ToString());
        Assert.Equal(ErrorCode.None, (await catalog.CreateAsync("broken", 1, NoSettings, validateOnly: false, default)).Error);
        var sweep = new TopicSweep(_harness.Rows, _harness.Blobs, catalog);
        _harness.Clock.Advance(sweep.TombstoneAge + TimeSpan.FromMinutes(1));
        while (await sweep.SweepAsync(default))
        {
        }

        Assert.Empty((await _harness.Blobs.ListAsync(Layout.TopicPrefix(broken.Id), null, 10, default)).Items);
    }

    [Fact]
    public async Task A_writer_that_knows_the_true_end_of_a_corrupt_log_appends_nothing_after_its_topics_deletion()
    {
        // The wrong bytes lie in the middle: an instance that never reads them again has a tail that fits the blob.
        var (catalog, logs) = NewInstance();
        var topic = (await catalog.CreateAsync("broken", 1, NoSettings, validateOnly: false, default)).Topic!;
        await logs.AppendAsync(topic, 0, _harness.Batch("a"), default);
        await logs.AppendAsync(topic, 0, _harness.Batch("b"), default);
        _harness.Faults.Flipped = (Layout.Segment(topic.Id, 0, 0), 70);

        Assert.Equal(ErrorCode.None, (await NewInstance().Catalog.DeleteAsync("broken", default)).Error);

        var sizeBefore = (await _harness.Blobs.ListAsync("", null, 10, default)).Items[^1].Size;
        var late = await Record.ExceptionAsync(async () => Assert.NotEqual(
            ErrorCode.None, (await logs.AppendAsync(topic, 0, _harness.Batch("c"), default)).Error));
        Assert.True(late is null or CorruptLogException, late?.ToString());
        Assert.Equal(sizeBefore, (await _harness.Blobs.ListAsync("", null, 10, default)).Items[^1].Size);
    }

    [Fact]
    public async Task A_topic_whose_segment_has_no_block_left_can_be_deleted()
    {
        var (catalog, logs) = NewInstance();
        var topic = (await catalog.CreateAsync("full", 1, NoSettings, validateOnly: false, default)).Topic!;
        await logs.AppendAsync(topic, 0, _harness.Batch("a"), default);
        _harness.Faults.Full = Layout.TopicPrefix(topic.Id);

        Assert.Equal(ErrorCode.None, (await NewInstance().Catalog.DeleteAsync("full", default)).Error);
    }

    [Fact]
    public async Task A_topic_that_cannot_be_closed_does_not_keep_what_others_have_stored()
    {
        var (catalog, logs) = NewInstance();
        var stuck = (await catalog.CreateAsync("stuck", 1, NoSettings, validateOnly: false, default)).Topic!;
        var fine = (await catalog.CreateAsync("fine", 1, NoSettings, validateOnly: false, default)).Topic!;
        await logs.AppendAsync(fine, 0, _harness.Batch("a"), default);
        _harness.Faults.Unreadable = Layout.TopicPrefix(stuck.Id);
        await Assert.ThrowsAsync<StorageException>(() => catalog.DeleteAsync("stuck", default).AsTask());
        await catalog.DeleteAsync("fine", default);
        var sweep = new TopicSweep(_harness.Rows, _harness.Blobs, catalog);
        _harness.Clock.Advance(sweep.TombstoneAge + TimeSpan.FromMinutes(1));

        await sweep.SweepAsync(default);

        Assert.Empty((await _harness.Blobs.ListAsync(Layout.TopicPrefix(fine.Id), null, 10, default)).Items);
        await Assert.ThrowsAsync<StorageException>(() => sweep.SweepAsync(default).AsTask());
    }

    [Fact]
    public async Task A_sweep_ends_and_comes_to_every_topic_however_many_were_deleted()
    {
        const int Topics = 230;
        var (catalog, logs) = NewInstance();
        for (var number = 0; number < Topics; number++)
        {
            var topic = (await catalog.CreateAsync($"t{number}", 1, NoSettings, validateOnly: false, default)).Topic!;
            await logs.AppendAsync(topic, 0, _harness.Batch("a"), default);
            await catalog.DeleteAsync(topic.Name, default);
        }

        var sweep = new TopicSweep(_harness.Rows, _harness.Blobs, catalog);

        Assert.InRange(await StepsAsync(sweep), 1, 3);
        _harness.Clock.Advance(sweep.TombstoneAge + TimeSpan.FromMinutes(1));
        Assert.InRange(await StepsAsync(sweep), 1, 6);

        Assert.Empty((await _harness.Blobs.ListAsync("", null, 10, default)).Items);
        Assert.InRange(await StepsAsync(sweep), 1, 3);
        _harness.Clock.Advance(sweep.TombstoneAge);
        await StepsAsync(sweep);
        Assert.Empty((await _harness.Rows.QueryAsync(Layout.TopicsTable, new RowQuery("topics"), default)).Rows);
    }

    [Fact]
    public async Task Finding_a_known_topic_costs_nothing()
    {
        var (catalog, _) = NewInstance();
        await catalog.CreateAsync("orders", 1, NoSettings, validateOnly: false, default);
        var before = _harness.Meter.Read();

        await catalog.FindAsync("orders", default);

        Assert.Equal(default, _harness.Meter.Read() - before);
    }

    [Fact]
    public async Task Looking_up_a_name_that_has_not_changed_leaves_the_list_as_it_is()
    {
        var (catalog, _) = NewInstance();
        await catalog.CreateAsync("orders", 1, NoSettings, validateOnly: false, default);
        await catalog.ListAsync(default);
        var before = _harness.Meter.Read();

        await catalog.RefreshAsync("orders", default);
        await catalog.RefreshAsync("nothing", default);
        await catalog.ListAsync(default);

        Assert.Equal(new StorageCalls { Gets = 2 }, _harness.Meter.Read() - before);
    }

    [Fact]
    public async Task A_list_shows_what_this_instance_has_just_changed()
    {
        var (catalog, _) = NewInstance();
        await catalog.CreateAsync("orders", 1, NoSettings, validateOnly: false, default);
        await catalog.ListAsync(default);

        await catalog.CreateAsync("payments", 1, NoSettings, validateOnly: false, default);
        await catalog.SetPartitionsAsync("orders", 4, default);

        Assert.Equal(
            [("orders", 4), ("payments", 1)],
            (await catalog.ListAsync(default)).Select(topic => (topic.Name, topic.Partitions)));
    }

    [Fact]
    public async Task Retention_looks_at_an_idle_topic_once_and_then_rests()
    {
        var (catalog, logs) = NewInstance();
        var topic = (await catalog.CreateAsync("orders", 1, NoSettings, validateOnly: false, default)).Topic!;
        await logs.AppendAsync(topic, 0, _harness.Batch("a"), default);
        var rows = new CountingRowStore(_harness.Rows, _harness.Meter);
        var sweep = new RetentionSweep(rows, logs, _harness.Clock, NullLogger<RetentionSweep>.Instance);
        await sweep.SweepAsync(default);
        var before = _harness.Meter.Read();

        await sweep.SweepAsync(default);

        Assert.Equal(new StorageCalls { Queries = 1 }, _harness.Meter.Read() - before);
    }

    [Fact]
    public async Task A_change_of_retention_is_applied_by_the_next_sweep()
    {
        var (catalog, logs) = NewInstance();
        var topic = (await catalog.CreateAsync("orders", 1, NoSettings, validateOnly: false, default)).Topic!;
        await logs.AppendAsync(topic, 0, _harness.Batch("a"), default);
        var sweep = new RetentionSweep(_harness.Rows, logs, _harness.Clock, NullLogger<RetentionSweep>.Instance);
        await sweep.SweepAsync(default);
        await catalog.AlterSettingsAsync(
            "orders", new Dictionary<string, string?> { ["retention.ms"] = "1000" }, false, default);
        _harness.Clock.Advance(TimeSpan.FromSeconds(2));

        await sweep.SweepAsync(default);

        Assert.Equal(1, (await logs.OffsetsAsync(topic, 0, default)).LogStartOffset);
    }

    private static async Task<int> StepsAsync(TopicSweep sweep)
    {
        for (var steps = 1; ; steps++)
        {
            Assert.True(steps < 100, "The sweep spins.");
            if (!await sweep.SweepAsync(default))
            {
                return steps;
            }
        }
    }

    private async Task<IReadOnlyList<StoredRow>> RowsOfAsync(Topic topic) =>
        (await _harness.Rows.QueryAsync(
            Layout.CheckpointsTable, new RowQuery(Layout.PartitionKey(topic.Id, 0)), default)).Rows;
}
