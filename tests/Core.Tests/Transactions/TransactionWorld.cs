using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Serverless.Core.Groups;
using Serverless.Core.Log;
using Serverless.Core.Storage;
using Serverless.Core.Storage.Memory;
using Serverless.Core.Tests.Groups;
using Serverless.Core.Tests.Log;
using Serverless.Core.Telemetry;
using Serverless.Core.Topics;
using Serverless.Core.Transactions;
using Xunit;

namespace Serverless.Core.Tests.Transactions;

/// <summary>One process: its logs, groups and transactions, with nothing in memory that another has.</summary>
internal sealed record Process(PartitionLogs Logs, ConsumerGroups Groups, TransactionCoordinator Transactions, FailingStores Stores);

/// <summary>One storage account with the real log in it, and as many processes as a test starts.</summary>
internal sealed class TransactionWorld
{
    public const string Id = "copier";
    public const string Group = "g";

    private readonly Random _random;
    private readonly RandomIdSource _ids;

    public TransactionWorld(int seed = 1, JumpClock? clock = null, LogMetrics? metrics = null)
    {
        Metrics = metrics;
        Clock = clock ?? new JumpClock();
        _random = new Random(seed);
        _ids = new RandomIdSource(_random);
        Rows = new MemoryRowStore(Clock);
        Blobs = new MemoryBlobStore(Clock);
        In = Topics.Make("in", 2);
        Out = Topics.Make("out", 2);
        First = Start();
        Second = Start();
    }

    public JumpClock Clock { get; }

    public LogMetrics? Metrics { get; }

    public MemoryRowStore Rows { get; }

    public MemoryBlobStore Blobs { get; }

    public FakeTopics Topics { get; } = new();

    public FakeProducerIds ProducerIds { get; } = new();

    public StorageMeter Meter { get; } = new();

    public TransactionOptions Options { get; init; } = new();

    public Topic In { get; }

    public Topic Out { get; }

    public Process First { get; }

    public Process Second { get; }

    public static ConsumerSettings ExactlyOnce { get; } =
        new() { DeliveryMode = DeliveryMode.ExactlyOnce, AutoOffsetReset = AutoOffsetReset.Earliest };

    public Process Start()
    {
        var stores = new FailingStores(new CountingRowStore(Rows, Meter), new CountingBlobStore(Blobs, Meter));
        var logs = new PartitionLogs(new LogContext(
            stores, stores, Clock, _random, _ids, new LogOptions(), NullLogger<PartitionLogs>.Instance, Metrics));
        var groups = new ConsumerGroups(
            stores, Topics, logs, Clock, _random, _ids, new GroupOptions(), NullLogger<ConsumerGroups>.Instance, Metrics);
        var producer = new Producer(Topics, logs, Clock, _random, NullLogger<Producer>.Instance, Metrics);
        return new(logs, groups, new TransactionCoordinator(
            stores, Topics, logs, producer, groups, ProducerIds, Clock, _random, _ids, Options,
            NullLogger<TransactionCoordinator>.Instance, Metrics), stores);
    }

    public static async Task<TransactionInstance> InitAsync(Process by, TimeSpan? timeout = null) =>
        Ok(await by.Transactions.InitAsync(Id, timeout, default));

    /// <summary>A new instance with a transaction open, as a step that names it.</summary>
    public static async Task<TransactionStep> BegunAsync(Process by) => await BegunAsync(by, await InitAsync(by));

    public static async Task<TransactionStep> BegunAsync(Process by, TransactionInstance instance, string id = Id)
    {
        var begun = Ok(await by.Transactions.BeginAsync(new(id, instance.InstanceId), default));
        return new(id, instance.InstanceId, begun.ProducerEpoch);
    }

    public Task<ErrorCode> ProduceAsync(Process by, TransactionStep step, params (int Partition, string Value)[] records) =>
        ProduceAsync(by, step, Out, records);

    /// <summary>The request's error, or else that of its first record that has one.</summary>
    public static async Task<ErrorCode> ProduceAsync(
        Process by, TransactionStep step, Topic topic, params (int Partition, string Value)[] records)
    {
        var answer = await by.Transactions.ProduceAsync(
            step, topic, [.. records.Select(record => Record(record.Partition, record.Value))], null, default);
        return answer.Error != ErrorCode.None
            ? answer.Error
            : answer.Value!.Select(outcome => outcome.Error).FirstOrDefault(error => error != ErrorCode.None);
    }

    public static async Task<ErrorCode> AddOffsetAsync(
        Process by, TransactionStep step, long offset, string? consumer = null, int partition = 0) =>
        (await by.Transactions.AddOffsetsAsync(step, Group, consumer, [new(new("in", partition), offset)], default)).Error;

    public static async Task<ErrorCode> EndAsync(Process by, TransactionStep step, bool commit) =>
        (await by.Transactions.EndAsync(step, commit, default)).Error;

    public static async Task SweepAsync(Process by)
    {
        while (await by.Transactions.SweepAsync(default))
        {
        }
    }

    /// <summary>What a minute later a timer on another process makes of what is left.</summary>
    public async Task RecoverAsync()
    {
        Clock.Advance(TimeSpan.FromMinutes(2));
        await SweepAsync(Start());
    }

    public async Task FillAsync(int partition, int records)
    {
        for (var record = 0; record < records; record++)
        {
            var batch = LogHarness.Batch(0, $"{partition}-{record}");
            Assert.Equal(ErrorCode.None, (await Second.Logs.AppendAsync(In, partition, batch, default)).Error);
        }
    }

    /// <summary>Values of a topic in the order of partitions and offsets, read by a process that knows nothing yet.</summary>
    public async Task<List<string>> ReadAsync(Topic? topic = null, IsolationLevel isolation = IsolationLevel.ReadCommitted)
    {
        var (logs, values) = (Start().Logs, new List<string>());
        topic ??= Out;
        for (var partition = 0; partition < topic.Partitions; partition++)
        {
            for (var (offset, more) = (0L, true); more;)
            {
                var answer = await logs.FetchAsync(topic, partition, offset, 1 << 20, isolation, default);
                Assert.Equal(ErrorCode.None, answer.Error);
                values.AddRange(LogHarness.Values(answer.Batches.Span).Where(record => record.Offset >= offset).Select(record => record.Value));
                (more, offset) = (answer.NextOffset > offset, answer.NextOffset);
            }
        }

        return values;
    }

    public async Task<OffsetSnapshot> MarksAsync(int partition) => await Start().Logs.OffsetsAsync(Out, partition, default);

    /// <summary>The committed offset; -1 without one.</summary>
    public async Task<long> CommittedAsync(int partition = 0) =>
        await Start().Groups.GroupOffsetsAsync(Group, [new("in", partition)], default) is [var offset] ? offset.Offset : -1;

    public async Task<TransactionState> StateAsync(string id = Id) =>
        (await Start().Transactions.FindAsync(id, default))!.State;

    public static async Task JoinAsync(Process by, string consumer, ConsumerSettings? settings = null)
    {
        GroupWorld.Ok(await by.Groups.CreateInstanceAsync(Group, consumer, settings ?? ExactlyOnce, replace: false, default));
        GroupWorld.Ok(await by.Groups.SubscribeAsync(Group, consumer, new(["in"], null), default));
    }

    public static async Task<PollAnswer> PollAsync(Process by, string consumer, int? maxRecords = null) =>
        await by.Groups.PollAsync(
            Group, consumer,
            new() { Showable = GroupWorld.Anything, MaxRecords = maxRecords, Wait = TimeSpan.Zero }, default);

    public static T Ok<T>(TransactionAnswer<T> answer)
    {
        Assert.Equal((ErrorCode.None, null), (answer.Error, answer.Message));
        return answer.Value!;
    }

    private static ProduceRecord Record(int partition, string value) =>
        new(partition, null, null, Encoding.UTF8.GetBytes(value), []);
}
