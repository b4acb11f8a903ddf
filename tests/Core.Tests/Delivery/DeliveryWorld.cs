using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Serverless.Core.Delivery;
using Serverless.Core.Effects;
using Serverless.Core.Groups;
using Serverless.Core.Log;
using Serverless.Core.Records;
using Serverless.Core.Telemetry;
using Serverless.Core.Tests.Groups;
using Serverless.Core.Tests.Log;
using Serverless.Core.Tests.Transactions;
using Serverless.Core.Topics;
using Xunit;

namespace Serverless.Core.Tests.Delivery;

/// <summary>Processes that deliver, and a webhook that keeps what it is sent.</summary>
internal sealed class DeliveryWorld : IWebhooks, IDeliveryTarget, IWorkerStarter
{
    public const string Group = TransactionWorld.Group;

    private readonly RandomIdSource _ids = new(new Random(3));

    public DeliveryWorld(JumpClock? clock = null, LogMetrics? metrics = null)
    {
        Log = new TransactionWorld(clock: clock, metrics: metrics);
        Letters = Log.Topics.Make("letters", 2);
    }

    public TransactionWorld Log { get; }

    public Topic Letters { get; }

    public DeliveryOptions Options { get; init; } = new();

    public JumpClock Clock => Log.Clock;

    /// <summary>What was sent, in order.</summary>
    public List<DeliveryBatch> Sent { get; } = [];

    /// <summary>What the webhook answers, and does meanwhile; done where this is null.</summary>
    public Func<DeliveryBatch, ValueTask<SendOutcome>>? Answer { get; set; }

    public List<IRecordHandler> Handlers { get; } = [];

    /// <summary>Workers that somebody wanted to be started.</summary>
    public List<(string Group, string Instance)> Started { get; } = [];

    /// <summary>Workers that can be started; nobody answers for more.</summary>
    public int StartsMax { get; set; } = int.MaxValue;

    public static DeliverySettings Webhook { get; } = new(
        new Subscription(["in"], null),
        new DeliveryTarget.Webhook(new Uri("https://example.org/"), WebhookBody.Records, RecordFormat.Json))
    {
        Start = DeliveryStart.Earliest,
    };

    /// <summary>Runs a test in which several wait at once.</summary>
    public void Run(Func<Task> test) => TestLoop.Run(Clock, test);

    public Deliveries Deliveries(Process by) => new(by.Stores, _ids, Clock, new Random(4));

    public DeliveryTargets Targets(Process by) => new(this, Handlers, by.Stores, Effects(by), Clock, Options);

    public EffectLedger Effects(Process by) =>
        new(by.Stores, Clock, _ids, new EffectOptions(), NullLogger<EffectLedger>.Instance);

    /// <summary>A row that handlers of the group keep; null where there is none.</summary>
    public ValueTask<HandlerRow?> RowAsync(string name) =>
        new HandlerContext(Log.Rows, new EffectScope(Effects(Log.First), Group, TimeSpan.FromMinutes(1)), Group, default, "", 1)
            .FindAsync(name, default);

    public DeliveryWorker Worker(Process by) => new(
        Deliveries(by), Targets(by), by.Groups, by.Groups, by.Logs, Log.Topics, by.Transactions, Clock, new Random(5), Options,
        NullLogger<DeliveryWorker>.Instance, Log.Metrics);

    public DeliveryAdmin Admin(Process by) => new(Deliveries(by), Targets(by), by.Groups, Log.Topics, Options);

    public DeliverySupervisor Supervisor(Process by) => new(
        Deliveries(by), new DeliveryStates(by.Groups, Log.Topics, by.Logs, Clock), by.Groups, this, _ids, Options,
        Clock, NullLogger<DeliverySupervisor>.Instance);

    public async Task<GroupDelivery> PutAsync(DeliverySettings settings)
    {
        var put = await Admin(Log.First).PutAsync(Group, settings, new byte[] { 1, 2, 3 }, null, default);
        Assert.Equal((ErrorCode.None, null), (put.Error, put.Message));
        return put.Value!.Delivery;
    }

    public DeadLetterReplay Replay() =>
        new(Log.Topics, Log.First.Transactions, new DirectReader(Log.First.Logs, Clock), Options);

    /// <summary>Committed records of a partition, by a process that knows nothing yet.</summary>
    public async Task<IReadOnlyList<DeliveredRecord>> ReadAsync(string topic, int partition)
    {
        var (logs, records) = (Log.Start().Logs, new List<DeliveredRecord>());
        for (var (offset, more) = (0L, true); more;)
        {
            var read = await logs.FetchAsync(
                Log.Topics.Now(topic), partition, offset, 1 << 20, IsolationLevel.ReadCommitted, default);
            records.AddRange(DeliveredRecord.Of(new(new(topic, partition), read.Batches, offset, read.NextOffset)));
            (more, offset) = (read.NextOffset > offset, read.NextOffset);
        }

        return records;
    }

    public async Task AppendAsync(string topic, int partition, params string[] values) => Assert.Equal(
        ErrorCode.None,
        (await Log.Second.Logs.AppendAsync(Log.Topics.Now(topic), partition, LogHarness.Batch(0, values), default)).Error);

    public Task ProduceAsync(string topic, int partition, string value, params (string Name, string Value)[] headers) => ProduceAsync(
        topic, partition, null, value,
        [.. headers.Select(header => new RecordHeader(header.Name, Encoding.UTF8.GetBytes(header.Value)))]);

    public async Task ProduceAsync(string topic, int partition, string? key, string? value, params RecordHeader[] headers)
    {
        using var builder = new RecordBatchBuilder(CompressionType.None);
        builder.Add(0, Encoding.UTF8.GetBytes(key ?? ""), key is null, Encoding.UTF8.GetBytes(value ?? ""), value is null, headers);
        var appended = await Log.Second.Logs.AppendAsync(Log.Topics.Now(topic), partition, builder.Build(), default);
        Assert.Equal(ErrorCode.None, appended.Error);
    }

    /// <summary>A slice of a worker, to its end; by default there is nothing more to do then.</summary>
    public async Task<WorkEnd> WorkAsync(Process? by = null, string instance = "__delivery-1", CancellationToken over = default) =>
        await Worker(by ?? Log.First).RunAsync(Group, instance, over, default);

    public IDeliveryTarget Open(DeliveryTarget.Webhook webhook, ReadOnlyMemory<byte> secret) => this;

    public async ValueTask<SendOutcome> SendAsync(DeliveryBatch batch, CancellationToken cancellationToken)
    {
        Sent.Add(batch);
        return Answer is null ? new SendOutcome.Done() : await Answer(batch);
    }

    public ValueTask StartAsync(string group, string instance, CancellationToken cancellationToken)
    {
        if (Started.Count == StartsMax)
        {
            throw new WorkerStartException("The test lets nobody be started.");
        }

        Started.Add((group, instance));
        return default;
    }

    public async Task<long> CommittedAsync(int partition) => (await OffsetAsync(partition)).Offset;

    public async Task<GroupOffset> OffsetAsync(int partition) =>
        Assert.Single(await Log.Start().Groups.GroupOffsetsAsync(Group, [new("in", partition)], default));

    public static IEnumerable<string> Values(DeliveryBatch batch) =>
        DeliveredRecord.Of(batch.Slice).Select(record => Encoding.UTF8.GetString(record.Value!.Value.Span));

    public IEnumerable<string> SentTo(int partition) =>
        Sent.Where(batch => batch.At.Partition == partition).SelectMany(Values);
}
