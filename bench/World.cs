using Microsoft.Extensions.Logging.Abstractions;
using Serverless.Core;
using Serverless.Core.Groups;
using Serverless.Core.Log;
using Serverless.Core.Storage;
using Serverless.Core.Storage.Memory;
using Serverless.Core.Topics;
using Serverless.Core.Transactions;

namespace Serverless.Bench;

/// <summary>One storage account in memory, metered, and instances over it that share nothing else.</summary>
internal sealed class World
{
    private readonly MemoryBlobStore _blobs = new(TimeProvider.System);
    private readonly MemoryRowStore _rows = new(TimeProvider.System);
    private int _seed;

    public StorageMeter Meter { get; } = new();

    public Instance NewInstance()
    {
        var random = new Random(++_seed);
        var ids = new RandomIdSource(new Random(1_000_000 + _seed));
        var (clock, blobs, rows) = (
            TimeProvider.System, new CountingBlobStore(new SlowAppends(_blobs), Meter), new CountingRowStore(_rows, Meter));
        var logs = new PartitionLogs(
            new LogContext(blobs, rows, clock, random, ids, new LogOptions(), NullLogger<PartitionLogs>.Instance));
        var topics = new TopicCatalog(rows, logs, clock, ids) { CacheAgeMax = TimeSpan.FromHours(1) };
        var groups = new ConsumerGroups(
            rows, topics, logs, clock, random, ids, new GroupOptions { CacheAgeMax = TimeSpan.FromHours(1) },
            NullLogger<ConsumerGroups>.Instance);
        var retention = new RetentionSweep(rows, logs, clock, NullLogger<RetentionSweep>.Instance);
        var producer = new Producer(topics, logs, clock, random, NullLogger<Producer>.Instance);
        var producerIds = new ProducerIds(rows, clock, new ProducerIdOptions());
        var transactions = new TransactionCoordinator(
            rows, topics, logs, producer, groups, producerIds, clock, random, ids, new TransactionOptions(),
            NullLogger<TransactionCoordinator>.Instance);
        return new Instance(producer, logs, topics, groups, retention, transactions);
    }

    /// <summary>The storage calls of an action.</summary>
    public async Task<StorageCalls> CountAsync(Func<Task> action)
    {
        var before = Meter.Read();
        await action();
        return Meter.Read() - before;
    }
}

internal sealed record Instance(
    Producer Producer, PartitionLogs Logs, TopicCatalog Topics, ConsumerGroups Groups, RetentionSweep Retention,
    ITransactions Transactions)
{
    public async Task<Topic> CreateTopicAsync(string name, int partitions) =>
        (await Topics.CreateAsync(name, partitions, new Dictionary<string, string?>(), validateOnly: false, default)).Topic!;

    public async Task ProduceAsync(Topic topic, int partition, int records = 1, int bytes = 100)
    {
        var value = new byte[bytes];
        var outcomes = await Producer.ProduceAsync(
            topic,
            [.. Enumerable.Range(0, records).Select(_ => new ProduceRecord(partition, null, null, value, []))],
            default);
        Invariant.Holds(outcomes.All(outcome => outcome.Error == ErrorCode.None));
    }

    public async Task ProduceInSequenceAsync(Topic topic, int partition, long producerId, int sequence)
    {
        var outcomes = await Producer.ProduceAsync(
            topic, [Record(partition)], new ProduceIdentity.Sequence(producerId, 0, sequence, OnePartition: true), default);
        Invariant.Holds(outcomes.All(outcome => outcome.Error == ErrorCode.None));
    }

    /// <summary>The next transaction of an instance, as a step that names it.</summary>
    public async Task<TransactionStep> BeginAsync(string id, string instance)
    {
        var begun = await Transactions.BeginAsync(new TransactionStep(id, instance), default);
        Invariant.Holds(begun.Error == ErrorCode.None);
        return new TransactionStep(id, instance, begun.Value!.ProducerEpoch);
    }

    public async Task AddAsync(TransactionStep step, Topic topic, int partitions)
    {
        var added = await Transactions.ProduceAsync(step, topic, [.. Enumerable.Range(0, partitions).Select(Record)], null, default);
        Invariant.Holds(added.Error == ErrorCode.None && added.Value!.All(outcome => outcome.Error == ErrorCode.None));
    }

    public async Task AddOffsetsAsync(TransactionStep step, string group, string topic) => Invariant.Holds(
        (await Transactions.AddOffsetsAsync(step, group, null, [new GroupOffset(new TopicPartition(topic, 0), 1)], default)).Error
        == ErrorCode.None);

    public async Task CommitAsync(TransactionStep step) =>
        Invariant.Holds((await Transactions.EndAsync(step, commit: true, default)).Error == ErrorCode.None);

    private static ProduceRecord Record(int partition) => new(partition, null, null, new byte[100], []);

    public async Task JoinAsync(string group, string name, string topic)
    {
        await Groups.CreateInstanceAsync(
            group, name, new ConsumerSettings { AutoOffsetReset = AutoOffsetReset.Earliest }, replace: false, default);
        await Groups.SubscribeAsync(group, name, new Subscription([topic], null), default);
    }

    public async Task<int> PollAsync(string group, string name, TimeSpan wait)
    {
        var answer = await Groups.PollAsync(
            group, name, new PollRequest { Wait = wait, Showable = (scoped in _) => true }, default);
        Invariant.Holds(answer.Error == ErrorCode.None);
        return answer.Slices.Count;
    }
}

/// <summary>Appends that take a moment, as they do over a network: only then is there anything to put together.</summary>
internal sealed class SlowAppends(IBlobStore blobs) : IBlobStore
{
    public ValueTask<CreateOutcome> CreateAsync(string name, CancellationToken cancellationToken) =>
        blobs.CreateAsync(name, cancellationToken);

    public async ValueTask<AppendResult> AppendAsync(
        string name, long position, ReadOnlyMemory<byte> block, CancellationToken cancellationToken)
    {
        await Task.Delay(2, cancellationToken);
        return await blobs.AppendAsync(name, position, block, cancellationToken);
    }

    public ValueTask<BlobRead> ReadAsync(string name, long position, int bytesMax, CancellationToken cancellationToken) =>
        blobs.ReadAsync(name, position, bytesMax, cancellationToken);

    public ValueTask<BlobPage> ListAsync(string prefix, string? continuation, int take, CancellationToken cancellationToken) =>
        blobs.ListAsync(prefix, continuation, take, cancellationToken);

    public ValueTask<DeleteOutcome> DeleteAsync(string name, string etag, CancellationToken cancellationToken) =>
        blobs.DeleteAsync(name, etag, cancellationToken);
}
