using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Serverless.Core.Groups;
using Serverless.Core.Records;
using Serverless.Core.Storage;
using Serverless.Core.Storage.Memory;
using Serverless.Core.Telemetry;
using Serverless.Core.Topics;
using Xunit;
using Record = Serverless.Core.Records.Record;

namespace Serverless.Core.Tests.Groups;

/// <summary>One storage account, its logs and topics, and as many processes as a test starts.</summary>
internal sealed class GroupWorld
{
    public const string Group = "g";

    private readonly RandomIdSource _ids;
    private readonly Random _random;

    public GroupWorld(int seed = 1, LogMetrics? metrics = null)
    {
        Metrics = metrics;
        _random = new Random(seed);
        _ids = new RandomIdSource(_random);
        Memory = new MemoryRowStore(Clock);
        Logs = new FakeLogs(Clock);
        Groups = Start();
    }

    public JumpClock Clock { get; } = new();

    public LogMetrics? Metrics { get; }

    public MemoryRowStore Memory { get; }

    /// <summary>Sees each change of storage, where a test sets it.</summary>
    public IRowStore? Audit { get; set; }

    public FakeTopics Topics { get; } = new();

    public FakeLogs Logs { get; }

    public StorageMeter Meter { get; } = new();

    public GroupOptions Options { get; init; } = new();

    /// <summary>The first process.</summary>
    public ConsumerGroups Groups { get; }

    public static RecordFilter Anything { get; } = (scoped in Record _) => true;

    public static ConsumerSettings Earliest { get; } = new() { AutoOffsetReset = AutoOffsetReset.Earliest };

    public static ConsumerSettings ByHand { get; } = Earliest with { AutoCommit = false };

    /// <summary>A further process on the same storage, with faults between if they are given.</summary>
    public ConsumerGroups Start(Func<IRowStore, IRowStore>? wrap = null)
    {
        IRowStore rows = new CountingRowStore(Audit is null ? Memory : Audit, Meter);
        return new(
            wrap?.Invoke(rows) ?? rows, Topics, Logs, Clock, _random, _ids, Options, NullLogger<ConsumerGroups>.Instance,
            Metrics);
    }

    public (ConsumerGroups Groups, FaultyRowStore Store) StartFaulty()
    {
        FaultyRowStore? faulty = null;
        var groups = Start(rows => faulty = new FaultyRowStore(rows));
        return (groups, faulty!);
    }

    /// <summary>A topic of which each partition holds these many records, with values <c>topic-partition-offset</c>.</summary>
    public Topic Topic(string name, int partitions, int records = 0)
    {
        var topic = Topics.Make(name, partitions);
        for (var partition = 0; partition < partitions && records > 0; partition++)
        {
            Fill(topic, partition, records);
        }

        return topic;
    }

    public void Fill(Topic topic, int partition, int records)
    {
        for (var record = 0; record < records; record++)
        {
            Logs.Append(topic, partition, $"\"{topic.Name}-{partition}-{Logs.End(topic, partition)}\"");
        }
    }

    public Task JoinAsync(string instance, ConsumerSettings? settings = null, params string[] topics) =>
        JoinAsync(Groups, instance, settings, topics);

    public static async Task JoinAsync(ConsumerGroups by, string instance, ConsumerSettings? settings = null, params string[] topics)
    {
        Ok(await by.CreateInstanceAsync(Group, instance, settings ?? Earliest, replace: false, default));
        Ok(await by.SubscribeAsync(Group, instance, new(topics is [] ? ["t"] : topics, null), default));
    }

    public async Task<PollAnswer> PollAsync(
        string instance, int? maxRecords = null, ConsumerGroups? by = null, TimeSpan? wait = null) =>
        await (by ?? Groups).PollAsync(
            Group, instance,
            new() { Showable = Anything, MaxRecords = maxRecords, Wait = wait ?? TimeSpan.Zero }, default);

    /// <summary>Polls and gives the values, in the order of delivery.</summary>
    public async Task<IReadOnlyList<string>> ReadAsync(
        string instance, int? maxRecords = null, ConsumerGroups? by = null, TimeSpan? wait = null)
    {
        var answer = await PollAsync(instance, maxRecords, by, wait);
        Assert.Equal((ErrorCode.None, null), (answer.Error, answer.Message));
        return Values(answer);
    }

    public async Task<IReadOnlyList<TopicPartition>> HasAsync(string instance, ConsumerGroups? by = null)
    {
        var answer = await (by ?? Groups).AssignmentAsync(Group, instance, default);
        Assert.Equal(ErrorCode.None, answer.Error);
        return answer.Value!;
    }

    public async Task<long> CommittedAsync(int partition, string topic = "t") =>
        (await Start().GroupOffsetsAsync(Group, [new(topic, partition)], default)) is [var offset] ? offset.Offset : -1;

    /// <summary>The names of all groups.</summary>
    public async Task<IReadOnlyList<string>> ListedAsync() => (await Groups.ListGroupsAsync(null, 1000, default)).Groups;

    /// <summary>How many partitions each instance has, when each has heartbeated until nothing changes any more.</summary>
    public async Task<int[]> SettleAsync(params string[] instances)
    {
        for (var round = 0; round < 3; round++)
        {
            Clock.Advance(TimeSpan.FromSeconds(6));
            foreach (var instance in instances)
            {
                await Groups.HeartbeatAsync(Group, instance, default);
            }
        }

        var counts = new List<int>();
        foreach (var instance in instances)
        {
            counts.Add((await HasAsync(instance)).Count);
        }

        return [.. counts];
    }

    public static IReadOnlyList<string> Values(PollAnswer answer) =>
        [.. answer.Slices.SelectMany(slice => RecordsOf(slice).Select(record => record.Value.Trim('"')))];

    public static IEnumerable<(long Offset, string Value)> RecordsOf(PolledSlice slice)
    {
        var records = new List<(long, string)>();
        var batches = new RecordBatchReader(slice.Batches.Span);
        while (batches.TryRead(out var header, out var batch))
        {
            if (header.IsControl)
            {
                continue;
            }

            using var reader = RecordReader.Open(batch);
            while (reader.TryRead(out var record))
            {
                if (record.Offset >= slice.FromOffset && record.Offset < slice.ToOffset)
                {
                    records.Add((record.Offset, Encoding.UTF8.GetString(record.Value)));
                }
            }
        }

        return records;
    }

    public static void Ok(GroupAnswer answer) => Assert.Equal((ErrorCode.None, null), (answer.Error, answer.Message));
}
