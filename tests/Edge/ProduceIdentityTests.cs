using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Serverless.Core;
using Serverless.Core.Log;
using Serverless.Core.Topics;
using Serverless.Edge.Fakes;
using Xunit;

namespace Serverless.Edge;

/// <summary>What each batch of a request is known by, and that it goes where it went before.</summary>
public sealed class ProduceIdentityTests
{
    private readonly MemoryTopics _topics = new();
    private readonly MemoryLogs _logs = new();
    private readonly FakeTimeProvider _clock = new(DateTimeOffset.FromUnixTimeMilliseconds(1000));

    [Fact]
    public async Task A_batch_begins_with_the_sequence_of_its_first_record()
    {
        var topic = _topics.Add("t", 2);

        await ProduceAsync(topic, Sequence(10, onePartition: false), Record(1), Record(0), Record(1));

        Assert.Equal(
            [(0, (AppendIdentity)new AppendIdentity.Sequence(7, 3, 11, LeavesOut: true)),
                (1, new AppendIdentity.Sequence(7, 3, 10, LeavesOut: true))],
            Identities);
    }

    [Fact]
    public async Task After_the_largest_sequence_comes_zero()
    {
        var topic = _topics.Add("t", 3);

        await ProduceAsync(topic, Sequence(int.MaxValue, onePartition: false), Record(0), Record(1), Record(2));

        Assert.Equal(
            [int.MaxValue, 0, 1], Identities.Select(to => ((AppendIdentity.Sequence)to.Identity!).BaseSequence));
    }

    [Fact]
    public async Task Records_without_key_go_where_their_sequences_say()
    {
        var topic = _topics.Add("t", 3);

        var first = await ProduceAsync(topic, Sequence(4, onePartition: false), Record(), Record(), Record());
        var again = await ProduceAsync(topic, Sequence(4, onePartition: false), Record(), Record(), Record());

        Assert.Equal([1, 2, 0], first.Select(outcome => outcome.Partition));
        Assert.Equal([1, 2, 0], again.Select(outcome => outcome.Partition));
    }

    [Fact]
    public async Task Sequences_of_one_partition_have_no_gap_so_all_of_it_is_refused_for_one_record()
    {
        var topic = _topics.Add("t", 2, ("max.message.bytes", "100"));
        var large = new ProduceRecord(1, null, null, new byte[200], []);

        var one = await ProduceAsync(topic, Sequence(0, onePartition: true), Record(1), large, Record(1));
        var several = await ProduceAsync(topic, Sequence(0, onePartition: false), Record(1), large, Record(1));

        Assert.All(one, outcome => Assert.Equal(ErrorCode.MessageTooLarge, outcome.Error));
        Assert.Equal(
            [ErrorCode.None, ErrorCode.MessageTooLarge, ErrorCode.None], several.Select(outcome => outcome.Error));
        Assert.Equal(2, _logs.End(topic, 1));
    }

    [Fact]
    public async Task The_sequence_stays_where_a_topic_was_made_anew()
    {
        var old = _topics.Add("t", 1);
        _topics.Put(old with { Id = "anew" });
        _logs.OnAppend = (topic, _) => topic.Id == old.Id ? new AppendAnswer(ErrorCode.UnknownTopicOrPartition, -1) : null;

        var outcomes = await ProduceAsync(old, Sequence(5, onePartition: true), Record(0));

        Assert.Equal(ErrorCode.None, outcomes[0].Error);
        Assert.Equal(
            [(old.Id, new AppendIdentity.Sequence(7, 3, 5, LeavesOut: false)), ("anew", new AppendIdentity.Sequence(7, 3, 5, LeavesOut: false))],
            _logs.Identities.Select(to => (to.TopicId, (AppendIdentity.Sequence)to.Identity!)));
    }

    [Fact]
    public async Task A_key_is_looked_for_from_the_end_that_was_known_before_the_first_attempt()
    {
        var topic = _topics.Add("t", 2);
        await ProduceAsync(topic, null, Record(1), Record(1));

        var start = await Producer().StartAsync(topic, [Record(), Record(), Record(1)], hash: 9, CancellationToken.None);
        await ProduceAsync(topic, new ProduceIdentity.Key(new RequestKey(9, start)), Record(), Record(), Record(1));

        Assert.Equal((topic.Id, 2), (start.TopicId, start.Partitions));
        Assert.Equal(
            [(0, (AppendIdentity)new AppendIdentity.Key(9, 0)), (1, new AppendIdentity.Key(9, 2))], Identities.Skip(1));
    }

    [Fact]
    public async Task A_repeated_key_sends_records_where_they_went_though_there_are_more_partitions()
    {
        var topic = _topics.Add("t", 3);
        ProduceRecord[] records = [Record(), Record(), new ProduceRecord(null, null, "abc"u8.ToArray(), null, [])];
        var start = await Producer().StartAsync(topic, records, hash: 5, CancellationToken.None);
        var first = await ProduceAsync(topic, new ProduceIdentity.Key(new RequestKey(5, start)), records);
        _clock.Advance(TimeSpan.FromMinutes(1));

        var again = await ProduceAsync(topic with { Partitions = 8 }, new ProduceIdentity.Key(new RequestKey(5, start)), records);
        var elsewhere = await ProduceAsync(topic with { Partitions = 1 }, new ProduceIdentity.Key(new RequestKey(5, start)), records);

        Assert.Equal([2, 0, (479470107 & 0x7fffffff) % 3], first.Select(outcome => outcome.Partition));
        Assert.Equal(first.Select(outcome => outcome.Partition), again.Select(outcome => outcome.Partition));
        Assert.Equal(first.Select(outcome => outcome.Partition), elsewhere.Select(outcome => outcome.Partition));
        Assert.Equal(first.Select(outcome => outcome.TimestampMs), again.Select(outcome => outcome.TimestampMs));
    }

    [Fact]
    public async Task A_repeated_key_leaves_out_what_was_too_large()
    {
        var topic = _topics.Add("t", 1, ("max.message.bytes", "100"));
        ProduceRecord[] records = [Record(), new ProduceRecord(null, null, null, new byte[200], [])];
        var start = await Producer().StartAsync(topic, records, hash: 5, CancellationToken.None);

        var again = await ProduceAsync(
            topic with { Settings = TopicSettings.Default }, new ProduceIdentity.Key(new RequestKey(5, start)), records);

        Assert.Equal([ErrorCode.None, ErrorCode.MessageTooLarge], again.Select(outcome => outcome.Error));
    }

    [Fact]
    public async Task With_a_key_a_topic_made_anew_is_left_to_whoever_keeps_the_key()
    {
        var old = _topics.Add("t", 1);
        var start = await Producer().StartAsync(old, [Record()], hash: 5, CancellationToken.None);
        _topics.Put(old with { Id = "anew" });
        _logs.OnAppend = (topic, _) => topic.Id == old.Id ? new AppendAnswer(ErrorCode.UnknownTopicOrPartition, -1) : null;

        var outcomes = await ProduceAsync(old, new ProduceIdentity.Key(new RequestKey(5, start)), Record());

        Assert.True(Core.Log.Producer.IsTopicGone(outcomes[0]));
        Assert.Single(_logs.Identities);
    }

    [Fact]
    public async Task The_partitions_of_a_plan_are_those_that_it_appends_to()
    {
        var topic = _topics.Add("t", 4);
        ProduceRecord[] records = [Record(), Record(), Record(9)];

        var plan = await Producer().PlanAsync(topic, records, null, CancellationToken.None);
        var outcomes = await Producer().ProduceAsync(plan, new ProduceIdentity.Transaction(7, 3), CancellationToken.None);

        Assert.Equal(2, plan.Partitions.Count);
        Assert.Equal(plan.Partitions, outcomes[..2].Select(outcome => outcome.Partition).Order());
        Assert.True(outcomes[2].PartitionUnknown);
        Assert.All(Identities, to => Assert.Equal(new AppendIdentity.Transaction(7, 3), to.Identity));
    }

    private static ProduceIdentity.Sequence Sequence(int first, bool onePartition) => new(7, 3, first, onePartition);

    private static ProduceRecord Record(int? partition = null) => new(partition, null, null, "v"u8.ToArray(), []);

    private IEnumerable<(int Partition, AppendIdentity? Identity)> Identities =>
        _logs.Identities.Select(to => (to.Partition, to.Identity));

    private async Task<ProduceOutcome[]> ProduceAsync(Topic topic, ProduceIdentity? identity, params ProduceRecord[] records) =>
        await Producer().ProduceAsync(topic, records, identity, CancellationToken.None);

#pragma warning disable RS0030 // A fixed seed.
    private Producer Producer() => new(_topics, _logs, _clock, new Random(1), NullLogger<Producer>.Instance);
#pragma warning restore RS0030
}
