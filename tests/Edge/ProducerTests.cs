using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Serverless.Core;
using Serverless.Core.Log;
using Serverless.Core.Storage;
using Serverless.Core.Topics;
using Serverless.Edge.Fakes;
using Xunit;

namespace Serverless.Edge;

public sealed class ProducerTests
{
    private readonly MemoryTopics _topics = new();
    private readonly MemoryLogs _logs = new();
    private readonly FakeTimeProvider _clock = new(DateTimeOffset.FromUnixTimeMilliseconds(1000));

    [Fact]
    public async Task Records_of_one_partition_are_one_unit_in_their_order()
    {
        var topic = _topics.Add("t", 2);

        var outcomes = await ProduceAsync(topic, Record(1), Record(0), Record(1), Record(1));

        Assert.Equal([(1, 0L), (0, 0L), (1, 1L), (1, 2L)], outcomes.Select(outcome => (outcome.Partition, outcome.Offset)));
        Assert.Equal(2, _logs.Appends);
    }

    [Fact]
    public async Task As_many_records_without_key_as_partitions_reach_all_of_them()
    {
        var topic = _topics.Add("t", 3);

        var outcomes = await ProduceAsync(topic, Record(), Record(), Record());

        Assert.Equal([0, 1, 2], outcomes.Select(outcome => outcome.Partition).Order());
    }

    [Fact]
    public async Task A_key_goes_where_Kafkas_client_sends_it()
    {
        var topic = _topics.Add("t", 5);

        var outcomes = await ProduceAsync(topic, new ProduceRecord(null, null, "abc"u8.ToArray(), null, []));

        Assert.Equal((479470107 & 0x7fffffff) % 5, outcomes[0].Partition);
    }

    [Fact]
    public async Task A_partition_that_was_just_added_is_found()
    {
        var topic = _topics.Add("t", 1);
        _topics.Put(topic with { Partitions = 2 });

        var outcomes = await ProduceAsync(topic, Record(1), Record(2));

        Assert.Equal(ErrorCode.None, outcomes[0].Error);
        Assert.True(outcomes[1] is { Error: ErrorCode.UnknownTopicOrPartition, PartitionUnknown: true });
    }

    [Fact]
    public async Task A_topic_made_anew_gets_the_records_once()
    {
        var old = _topics.Add("t", 1);
        var anew = old with { Id = "anew" };
        _topics.Put(anew);
        _logs.OnAppend = (topic, _) => topic.Id == old.Id ? new AppendAnswer(ErrorCode.UnknownTopicOrPartition, -1) : null;

        var outcomes = await ProduceAsync(old, Record(), Record());

        Assert.All(outcomes, outcome => Assert.Equal(ErrorCode.None, outcome.Error));
        Assert.Equal(2, _logs.End(anew, 0));
    }

    [Fact]
    public async Task A_topic_that_is_gone_is_told_so()
    {
        var topic = new Topic("t", "gone", 1, TopicSettings.Default);
        _logs.OnAppend = (_, _) => new AppendAnswer(ErrorCode.UnknownTopicOrPartition, -1);

        var outcomes = await ProduceAsync(topic, Record());

        Assert.True(outcomes[0] is { Error: ErrorCode.UnknownTopicOrPartition, PartitionUnknown: false });
    }

    [Fact]
    public async Task Partitions_fail_by_themselves()
    {
        var topic = _topics.Add("t", 4);
        _logs.OnAppend = (_, partition) => partition switch
        {
            0 => throw new StorageException("lost", retriable: true),
            1 => throw new StorageException("forbidden", retriable: false),
            2 => throw new CorruptLogException("blob", 1, "rule"),
            _ => null,
        };

        var outcomes = await ProduceAsync(topic, Record(0), Record(1), Record(2), Record(3));

        Assert.Equal(
            [ErrorCode.RequestTimedOut, ErrorCode.UnknownServerError, ErrorCode.CorruptMessage, ErrorCode.None],
            outcomes.Select(outcome => outcome.Error));
    }

    [Fact]
    public async Task What_does_not_fit_one_block_is_refused_and_never_split()
    {
        var topic = _topics.Add("t", 2);
        var half = new byte[1_000_000];
        var large = Enumerable.Range(0, 5).Select(_ => new ProduceRecord(0, null, null, half, []));

        var outcomes = await ProduceAsync(topic, [.. large, Record(1)]);

        Assert.All(outcomes[..5], outcome => Assert.Equal(ErrorCode.RecordListTooLarge, outcome.Error));
        Assert.Equal(ErrorCode.None, outcomes[5].Error);
        Assert.Equal(0, _logs.End(topic, 0));
    }

    [Fact]
    public async Task The_log_decides_the_time_where_the_topic_keeps_append_times()
    {
        var topic = _topics.Add("t", 1);

        var created = await ProduceAsync(topic, Record(), new ProduceRecord(0, 7, null, null, []));
        _logs.OnAppend = (_, _) => new AppendAnswer(ErrorCode.None, 2, LogAppendTimeMs: 99);
        var appended = await ProduceAsync(topic, new ProduceRecord(0, 7, null, null, []));

        Assert.Equal([1000L, 7], created.Select(outcome => outcome.TimestampMs));
        Assert.Equal(99, appended[0].TimestampMs);
    }

    [Fact]
    public async Task Gzip_topics_store_gzip_batches()
    {
        var topic = _topics.Add("t", 1, ("compression.type", "gzip"));

        await ProduceAsync(topic, new ProduceRecord(0, null, null, new byte[10_000], []));

        Assert.InRange(_logs.Bytes(topic, 0).Length, 61, 500);
    }

    private static ProduceRecord Record(int? partition = null) => new(partition, null, null, "v"u8.ToArray(), []);

    private async Task<ProduceOutcome[]> ProduceAsync(Topic topic, params ProduceRecord[] records)
    {
#pragma warning disable RS0030 // A fixed seed.
        var producer = new Producer(_topics, _logs, _clock, new Random(1), NullLogger<Producer>.Instance);
#pragma warning restore RS0030
        return await producer.ProduceAsync(topic, records, CancellationToken.None);
    }
}
