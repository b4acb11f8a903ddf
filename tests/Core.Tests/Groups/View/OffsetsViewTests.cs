using System.Buffers.Binary;
using Microsoft.Extensions.Logging.Abstractions;
using Serverless.Core.Groups;
using Serverless.Core.Groups.View;
using Serverless.Core.Log;
using Serverless.Core.Records;
using Serverless.Core.Storage;
using Serverless.Core.Storage.Memory;
using Xunit;

namespace Serverless.Core.Tests.Groups.View;

public sealed class OffsetsViewTests
{
    private readonly JumpClock _clock = new();
    private readonly FakeTopics _topics = new();
    private readonly StorageMeter _meter = new();
    private readonly FakeLogs _ownLogs;
    private readonly CatalogWithOffsets _catalog;
    private readonly LogsWithOffsets _logs;
    private readonly ConsumerGroups _groups;

    public OffsetsViewTests()
    {
        var rows = new CountingRowStore(new MemoryRowStore(_clock), _meter);
        _ownLogs = new FakeLogs(_clock);
        _catalog = new CatalogWithOffsets(_topics);
        _logs = new LogsWithOffsets(_ownLogs, new OffsetsView(rows, _catalog, _clock, new OffsetsViewOptions()), _clock);
        _groups = new ConsumerGroups(
            rows, _catalog, _logs, _clock, new Random(1), new RandomIdSource(new Random(2)), new GroupOptions(),
            NullLogger<ConsumerGroups>.Instance);
        _topics.Make("t", 3);
    }

    [Fact]
    public async Task Commits_of_a_group_are_read_where_Kafka_keeps_them()
    {
        await CommitAsync("g", ("t", 0, 5), ("t", 2, 9));
        await CommitAsync("other", ("t", 1, 7));

        var read = await ReadAsync("g");

        Assert.Equal([("g", "t", 0, 5L), ("g", "t", 2, 9L)], read.Select(one => one.Commit).OrderBy(one => one.Partition));
        Assert.Equal(OffsetsTopic.Partitions - 2, (await AllAsync()).Count(partition => partition.Count == 0));
        Assert.Equal(("other", "t", 1, 7L), Assert.Single(await ReadAsync("other")).Commit);
    }

    [Fact]
    public async Task A_reader_at_the_end_meets_the_next_commit_and_no_other()
    {
        await CommitAsync("g", ("t", 0, 5), ("t", 1, 5));
        var end = (await ReadAsync("g"))[^1].Offset + 1;

        await CommitAsync("g", ("t", 0, 6));
        await CommitAsync("g", ("t", 0, 7));
        var next = await ReadAsync("g", from: end);

        Assert.Equal(("g", "t", 0, 7L), Assert.Single(next).Commit);
        Assert.Equal([1, 0], (await ReadAsync("g")).Select(one => one.Commit.Partition));
    }

    [Fact]
    public async Task Commits_of_one_moment_are_in_order_even_where_a_clock_stands_still()
    {
        await CommitAsync("g", ("t", 0, 5));
        await CommitAsync("g", ("t", 0, 6));
        var first = Assert.Single(await ReadAsync("g"));
        await _groups.ResetAsync("g", [new(new("t", 0), SeekKind.Offset, 8)], default);
        await _groups.ResetAsync("g", [new(new("t", 0), SeekKind.Offset, 3)], default);

        var last = Assert.Single(await ReadAsync("g"));

        Assert.Equal((6, 3), (first.Commit.Offset, last.Commit.Offset));
        Assert.True(last.Offset > first.Offset);
    }

    [Fact]
    public async Task A_commit_is_shown_when_those_before_it_are_sure_to_be_there()
    {
        await CommitAsync("g", ("t", 0, 5));

        Assert.Empty(await ReadNowAsync("g", 0));
        _clock.Advance(TimeSpan.FromSeconds(2.9));
        Assert.Empty(await ReadNowAsync("g", 0));
        _clock.Advance(TimeSpan.FromSeconds(1.1));
        Assert.Single(await ReadNowAsync("g", 0));
    }

    [Fact]
    public async Task A_consumer_subscribes_to_it_and_waits_for_commits()
    {
        await CommitAsync("g", ("t", 0, 5));
        Ok(await _groups.CreateInstanceAsync("watch", "w", new() { AutoOffsetReset = AutoOffsetReset.Earliest, AutoCommit = false }, false, default));
        Ok(await _groups.SubscribeAsync("watch", "w", new([OffsetsTopic.Name], null), default));
        _clock.Advance(TimeSpan.FromSeconds(10));

        var first = await PollAsync("w", TimeSpan.Zero);
        var nothing = await PollAsync("w", TimeSpan.Zero);
        await CommitAsync("g", ("t", 0, 6));
        var began = _clock.Elapsed;
        var second = await PollAsync("w", TimeSpan.FromSeconds(30));

        Assert.Equal(("g", "t", 0, 5L), Assert.Single(first));
        Assert.Empty(nothing);
        Assert.Equal(("g", "t", 0, 6L), Assert.Single(second));
        Assert.InRange(_clock.Elapsed - began, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task A_pattern_never_means_it()
    {
        Ok(await _groups.CreateInstanceAsync("g", "c", new(), false, default));
        Ok(await _groups.SubscribeAsync("g", "c", new(null, ".*"), default));

        Assert.Equal(["t"], (await _groups.SubscriptionAsync("g", "c", default)).Value!);
    }

    [Fact]
    public async Task A_wait_ends_with_a_record_of_whatever_kind_or_with_its_time()
    {
        var (own, view) = (_topics.Now("t"), OffsetsTopic.Topic);
        var at = OffsetsTopic.PartitionOf("g");
        Task<bool> WaitAsync(params PartitionPosition[] positions) =>
            _logs.WaitAsync(positions, TimeSpan.FromSeconds(10), default).AsTask();

        Assert.False(await WaitAsync(new PartitionPosition(view, at, 0)));
        Assert.False(await WaitAsync(new(own, 0, 0), new(view, at, 0)));
        _ownLogs.Append(own, 0, "v");
        Assert.True(await WaitAsync(new(own, 0, 0), new(view, at, 0)));
        await CommitAsync("g", ("t", 0, 1));
        Assert.True(await WaitAsync(new(own, 0, 1), new(view, at, 0)));
        Assert.True(await WaitAsync(new PartitionPosition(view, at, 0)));
    }

    [Fact]
    public async Task What_is_gone_is_not_shown()
    {
        await CommitAsync("g", ("t", 0, 5));
        await CommitAsync("h", ("t", 0, 5));
        Assert.Single(await ReadAsync("g"));

        Ok(await _groups.DeleteInstanceAsync("g", "committer", default));
        Ok(await _groups.DeleteGroupAsync("g", default));
        Assert.Empty(await ReadAsync("g"));
        _topics.Make("t", 3);
        Assert.Empty(await ReadAsync("h"));
        await CommitAsync("h", ("t", 0, 1));
        Assert.Equal(("h", "t", 0, 1L), Assert.Single(await ReadAsync("h")).Commit);
    }

    [Fact]
    public async Task A_topic_that_the_list_does_not_know_yet_is_looked_up()
    {
        _topics.Listed = await _topics.ListAsync(default);
        _topics.Make("new", 1);
        await CommitAsync("g", ("new", 0, 5));

        Assert.Single(await ReadAsync("g"));
    }

    [Fact]
    public async Task All_partitions_together_cost_one_list_and_a_query_a_group()
    {
        foreach (var group in (string[])["a", "b", "c"])
        {
            await CommitAsync(group, ("t", 0, 5));
        }

        _clock.Advance(TimeSpan.FromSeconds(10));
        var before = Queries();
        await AllNowAsync();
        await AllNowAsync();

        Assert.Equal(1 + 3, Queries() - before);
    }

    [Fact]
    public async Task Offsets_are_in_order_across_pages_of_groups_and_of_rows()
    {
        _topics.Make("wide", 1000);
        for (var from = 0; from < 1000; from += 90)
        {
            await CommitAsync("g", [.. Enumerable.Range(from, Math.Min(90, 1000 - from)).Select(at => ("wide", at, 1))]);
        }

        await CommitAsync("g", [.. Enumerable.Range(0, 3).Select(at => ("t", at, 1))]);

        var read = await ReadAsync("g");

        Assert.Equal(1003, read.Count);
        Assert.Equal(read.Select(one => one.Offset).Distinct().Order(), read.Select(one => one.Offset));
    }

    [Fact]
    public async Task The_marks_are_those_of_what_is_shown()
    {
        await CommitAsync("g", ("t", 0, 5));
        var last = (await ReadAsync("g"))[^1].Offset;
        var (topic, at) = (OffsetsTopic.Topic, OffsetsTopic.PartitionOf("g"));

        Assert.Equal(new OffsetSnapshot(0, last + 1, last + 1), await _logs.OffsetsAsync(topic, at, default));
        Assert.Equal(last + 1, await _logs.KnownEndAsync(topic, at, default));
        Assert.Equal(last, (await _logs.OffsetForTimestampAsync(topic, at, 0, default))!.Value.Offset);
        Assert.Empty(await _logs.OpenTransactionsAsync(topic, at, default));
        Assert.Equal(new OffsetSnapshot(0, 0, 0), await _logs.OffsetsAsync(topic, (at + 1) % 50, default));
    }

    [Fact]
    public async Task It_takes_nothing_and_is_never_changed()
    {
        using var builder = new RecordBatchBuilder();
        builder.Add(0, [], true, [], true);
        var none = new Dictionary<string, string?>();

        Assert.Equal(ErrorCode.InvalidTopic, (await _logs.AppendAsync(OffsetsTopic.Topic, 0, builder.Build(), default)).Error);
        Assert.Equal(ErrorCode.None, await _logs.EndTransactionAsync(OffsetsTopic.Topic.Id, 0, 1, 1, commit: true, default));
        Assert.Equal(ErrorCode.TopicAlreadyExists, (await _catalog.CreateAsync(OffsetsTopic.Name, 1, none, false, null, default)).Error);
        Assert.Equal(ErrorCode.PolicyViolation, (await _catalog.SetPartitionsAsync(OffsetsTopic.Name, 60, default)).Error);
        Assert.Equal(ErrorCode.PolicyViolation, (await _catalog.AlterSettingsAsync(OffsetsTopic.Name, none, false, default)).Error);
        Assert.Equal(ErrorCode.PolicyViolation, (await _catalog.DeleteAsync(OffsetsTopic.Name, default)).Error);
    }

    [Fact]
    public async Task The_catalogue_has_it_beside_the_topics_and_gives_the_same_list_while_nothing_changes()
    {
        var list = await _catalog.ListAsync(default);

        Assert.Equal(["__consumer_offsets", "t"], list.Select(topic => topic.Name));
        Assert.Same(list, await _catalog.ListAsync(default));
        _topics.Make("T", 1);
        Assert.Equal(["T", "__consumer_offsets", "t"], (await _catalog.ListAsync(default)).Select(topic => topic.Name));
        Assert.Same(OffsetsTopic.Topic, await _catalog.FindAsync(OffsetsTopic.Name, default));
        Assert.Same(OffsetsTopic.Topic, await _catalog.RefreshAsync(OffsetsTopic.Name, default));
        Assert.Equal(("t", null), ((await _catalog.FindAsync("t", default))!.Name, await _catalog.FindAsync("u", default)));
    }

    private long Queries() => _meter.Read().Queries;

    private async Task CommitAsync(string group, params (string Topic, int Partition, long Offset)[] offsets)
    {
        Ok(await _groups.CreateInstanceAsync(group, "committer", new(), replace: true, default));
        var answer = await _groups.CommitAsync(
            group, "committer", [.. offsets.Select(one => new GroupOffset(new(one.Topic, one.Partition), one.Offset))], default);
        Assert.Equal((ErrorCode.None, null), (answer.Error, answer.Message));
    }

    /// <summary>A group's partition when all is shown.</summary>
    private Task<List<(long Offset, (string Group, string Topic, int Partition, long Offset) Commit)>> ReadAsync(string group, long from = 0)
    {
        _clock.Advance(TimeSpan.FromSeconds(10));
        return ReadNowAsync(group, from);
    }

    private Task<List<(long Offset, (string Group, string Topic, int Partition, long Offset) Commit)>> ReadNowAsync(string group, long from) =>
        ReadNowAsync(OffsetsTopic.PartitionOf(group), from);

    private async Task<List<(long Offset, (string Group, string Topic, int Partition, long Offset) Commit)>> ReadNowAsync(int partition, long from)
    {
        var answer = await _logs.FetchAsync(OffsetsTopic.Topic, partition, from, int.MaxValue, default);
        Assert.Equal(ErrorCode.None, answer.Error);
        return Records(answer.Batches);
    }

    private Task<List<(long Offset, (string Group, string Topic, int Partition, long Offset) Commit)>[]> AllAsync()
    {
        _clock.Advance(TimeSpan.FromSeconds(10));
        return AllNowAsync();
    }

    private Task<List<(long Offset, (string Group, string Topic, int Partition, long Offset) Commit)>[]> AllNowAsync() =>
        Task.WhenAll(Enumerable.Range(0, OffsetsTopic.Partitions).Select(partition => ReadNowAsync(partition, 0)));

    private async Task<List<(string Group, string Topic, int Partition, long Offset)>> PollAsync(string instance, TimeSpan wait)
    {
        var answer = await _groups.PollAsync("watch", instance, new() { Showable = GroupWorld.Anything, Wait = wait }, default);
        Assert.Equal((ErrorCode.None, null), (answer.Error, answer.Message));
        return [.. answer.Slices.SelectMany(slice => Records(slice.Batches)).Select(one => one.Commit)];
    }

    private static List<(long Offset, (string Group, string Topic, int Partition, long Offset) Commit)> Records(ReadOnlyMemory<byte> bytes)
    {
        var records = new List<(long, (string, string, int, long))>();
        var batches = new RecordBatchReader(bytes.Span);
        while (batches.TryRead(out _, out var batch))
        {
            using var reader = RecordReader.Open(batch);
            while (reader.TryRead(out var record))
            {
                var key = record.Key[sizeof(short)..];
                var (group, topic) = (Text(ref key), Text(ref key));
                var commit = (group, topic, BinaryPrimitives.ReadInt32BigEndian(key), BinaryPrimitives.ReadInt64BigEndian(record.Value[2..]));
                records.Add((record.Offset, commit));
            }
        }

        return records;
    }

    private static string Text(ref ReadOnlySpan<byte> rest)
    {
        var length = BinaryPrimitives.ReadInt16BigEndian(rest);
        var text = System.Text.Encoding.UTF8.GetString(rest.Slice(sizeof(short), length));
        rest = rest[(sizeof(short) + length)..];
        return text;
    }

    private static void Ok(GroupAnswer answer) => GroupWorld.Ok(answer);
}
