using System.Diagnostics;
using System.Diagnostics.Metrics;
using Serverless.Core.Storage;

namespace Serverless.Core.Telemetry;

/// <summary>Every instrument of the log. docs/observability.md has the same list, and a test compares the two.</summary>
/// <remarks>
/// Injected, so that a test sees its own alone; who is given none counts for nobody (<see cref="None"/>). With no listener a
/// measurement is one look at a flag: nothing is allocated, and no clock is read.
/// </remarks>
public sealed class LogMetrics
{
    public const string MeterName = "Serverless.Log";

    // As the conventions advise for both durations of messaging; storage is as fast.
    private static readonly InstrumentAdvice<double> Seconds = new()
    {
        HistogramBucketBoundaries = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10],
    };

    private readonly Counter<long> _sent, _consumed, _attempts, _bytes, _duplicates, _replays, _rebalances, _begun, _ended, _timedOut,
        _deliveries, _retries, _deadLetters, _storageCalls;

    private readonly Histogram<double> _operations, _processing, _storageTime;

    public LogMetrics(IMeterFactory meters)
        : this(meters.Create(MeterName))
    {
    }

    private LogMetrics(Meter meter)
    {
        _sent = meter.CreateCounter<long>("messaging.client.sent.messages", "{message}", "Records that were to be appended.");
        _consumed = meter.CreateCounter<long>(
            "messaging.client.consumed.messages", "{message}", "Records that were given to consumers, readers and targets of deliveries.");
        _operations = meter.CreateHistogram(
            "messaging.client.operation.duration", "s", "Duration of produces, polls, direct reads and commits.", [], Seconds);
        _processing = meter.CreateHistogram(
            "messaging.process.duration", "s", "Duration of one attempt to take a batch to the target of a delivery.", [], Seconds);

        _attempts = meter.CreateCounter<long>("serverless.append.attempts", "{attempt}", "Blocks sent to be appended, by outcome.");
        _bytes = meter.CreateCounter<long>("serverless.append.bytes", "By", "Bytes of blocks that were appended.");
        _duplicates = meter.CreateCounter<long>(
            "serverless.append.duplicates", "{batch}", "Batches that the log had already, from an earlier attempt.");
        _replays = meter.CreateCounter<long>(
            "serverless.idempotency.replays", "{request}", "Requests that were answered again by their Idempotency-Key.");

        _rebalances = meter.CreateCounter<long>(
            "serverless.group.rebalances", "{rebalance}", "New assignments of a group's partitions to its members.");
        Lag = new ConsumerLag(meter);

        _begun = meter.CreateCounter<long>("serverless.transaction.begun", "{transaction}", "Transactions begun.");
        _ended = meter.CreateCounter<long>("serverless.transaction.ended", "{transaction}", "Transactions decided, by outcome.");
        _timedOut = meter.CreateCounter<long>(
            "serverless.transaction.timeouts", "{transaction}", "Transactions that were aborted as their time was over.");
        OpenTransactions = new SweptGauge(
            meter, "serverless.transaction.open", "{transaction}", "Open transactions, as the last sweep found them.");

        _deliveries = meter.CreateCounter<long>(
            "serverless.delivery.attempts", "{attempt}", "Attempts to take a batch to the target of a delivery, by outcome.");
        _retries = meter.CreateCounter<long>("serverless.delivery.retries", "{attempt}", "Those that were not the first for their batch.");
        _deadLetters = meter.CreateCounter<long>(
            "serverless.delivery.dead_letters", "{message}", "Records that went to a dead-letter topic.");

        _storageCalls = meter.CreateCounter<long>(
            "serverless.storage.calls", "{call}", "Requests to the storage account, each attempt by itself.");
        _storageTime = meter.CreateHistogram(
            "serverless.storage.call.duration", "s", "From sending a request to the storage account to the head of its reply.", [], Seconds);
    }

    /// <summary>For those whom nobody watches.</summary>
    public static LogMetrics None { get; } = new(new Meter($"{MeterName}.None"));

    /// <summary>How far groups are behind.</summary>
    public ConsumerLag Lag { get; }

    public SweptGauge OpenTransactions { get; }

    internal bool TakesStorageCalls => _storageCalls.Enabled || _storageTime.Enabled;

    internal bool TakesConsumed => _consumed.Enabled;

    internal bool TakesDuration(MessagingKind kind) => kind == MessagingKind.Process ? _processing.Enabled : _operations.Enabled;

    internal void Sent(string topic, int records, ErrorCode error = ErrorCode.None)
    {
        if (records > 0 && _sent.Enabled)
        {
            _sent.Add(records, Tagged(MessagingKind.Send, topic, group: null, error == ErrorCode.None ? null : error.ToString()));
        }
    }

    internal void Consumed(MessagingKind kind, string topic, string? group, int records)
    {
        if (records > 0 && _consumed.Enabled)
        {
            _consumed.Add(records, Tagged(kind, topic, group, error: null));
        }
    }

    internal void Operated(MessagingKind kind, string? topic, string? group, string? error, TimeSpan time)
    {
        var tags = Tagged(kind, topic, group, error);
        tags.Add(TelemetryAttributes.OperationType, kind.Type);
        (kind == MessagingKind.Process ? _processing : _operations).Record(time.TotalSeconds, tags);
    }

    internal void AppendAttempted(AppendOutcome outcome, int bytes)
    {
        if (_attempts.Enabled)
        {
            _attempts.Add(1, new KeyValuePair<string, object?>(TelemetryAttributes.AppendOutcome, NameOf(outcome)));
        }

        if (outcome == AppendOutcome.Appended)
        {
            _bytes.Add(bytes);
        }
    }

    internal void DuplicateFound(string kind) => _duplicates.Add(1, new KeyValuePair<string, object?>(TelemetryAttributes.DuplicateKind, kind));

    internal void RequestReplayed() => _replays.Add(1);

    internal void Rebalanced(string group) => _rebalances.Add(1, new KeyValuePair<string, object?>(TelemetryAttributes.Group, group));

    internal void TransactionBegun() => _begun.Add(1);

    internal void TransactionEnded(bool committed) => _ended.Add(
        1, new KeyValuePair<string, object?>(TelemetryAttributes.TransactionOutcome, committed ? "committed" : "aborted"));

    internal void TransactionTimedOut() => _timedOut.Add(1);

    internal void DeliveryAttempted(string group, string target, string outcome, int attempt)
    {
        if (_deliveries.Enabled || _retries.Enabled)
        {
            var tags = new TagList
            {
                { TelemetryAttributes.Group, group },
                { TelemetryAttributes.DeliveryTarget, target },
                { TelemetryAttributes.DeliveryOutcome, outcome },
            };
            _deliveries.Add(1, tags);
            _retries.Add(attempt > 1 ? 1 : 0, tags);
        }
    }

    internal void DeadLettered(string group, string topic, int records) => _deadLetters.Add(
        records,
        new KeyValuePair<string, object?>(TelemetryAttributes.Group, group),
        new KeyValuePair<string, object?>(TelemetryAttributes.Topic, topic));

    internal void StorageCalled(string kind, object? status, string? error, TimeSpan time)
    {
        var tags = new TagList { { TelemetryAttributes.StorageKind, kind } };
        if (status is not null)
        {
            tags.Add(TelemetryAttributes.StatusCode, status);
        }

        if (error is not null)
        {
            tags.Add(TelemetryAttributes.ErrorType, error);
        }

        _storageCalls.Add(1, tags);
        _storageTime.Record(time.TotalSeconds, tags);
    }

    private static TagList Tagged(MessagingKind kind, string? topic, string? group, string? error)
    {
        var tags = new TagList
        {
            { TelemetryAttributes.System, TelemetryAttributes.Kafka },
            { TelemetryAttributes.OperationName, kind.Name },
        };
        if (topic is not null)
        {
            tags.Add(TelemetryAttributes.Topic, topic);
        }

        if (group is not null)
        {
            tags.Add(TelemetryAttributes.Group, group);
        }

        if (error is not null)
        {
            tags.Add(TelemetryAttributes.ErrorType, error);
        }

        return tags;
    }

    internal static string NameOf(AppendOutcome outcome) => outcome switch
    {
        AppendOutcome.Appended => "appended",
        AppendOutcome.PositionTaken => "refused",
        AppendOutcome.Missing => "missing",
        AppendOutcome.BlockLimit => "block_limit",
        _ => "unknown",
    };
}
