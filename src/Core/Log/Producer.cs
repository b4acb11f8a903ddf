using System.Diagnostics;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using Serverless.Core.Records;
using Serverless.Core.Storage;
using Serverless.Core.Telemetry;
using Serverless.Core.Topics;

namespace Serverless.Core.Log;

/// <summary>Takes the records of one request to their partitions: one batch each, all appended at once.</summary>
/// <remarks>
/// Records that go to one partition keep the order of the request and are appended as one unit; across partitions each stands for
/// itself, and the outcome of one never touches another. A topic that the catalogue knows from some moments ago is looked up again
/// when a record names a partition past its end, and when the log says that it is gone: partitions may have been added, or the
/// topic deleted and made anew. Nothing was stored by then, so starting over repeats nothing. A request that may come again goes to
/// the same partitions then, and each of its batches says what it is known by; whether it is stored already the log tells.
/// </remarks>
public sealed partial class Producer(
    ITopicCatalog topics, IPartitionLogs logs, TimeProvider clock, Random random, ILogger<Producer> logger,
    LogMetrics? watch = null, TelemetryOptions? telemetry = null)
{
    // What a reader will undo at most (RecordBatch), with room for the header.
    private const int UncompressedBytesMax = 16 * 1024 * 1024 - 1024;

    private readonly LogMetrics _metrics = watch ?? LogMetrics.None;
    private readonly bool _carriesTrace = (telemetry ?? new TelemetryOptions()).CarryTraceInRecords;

    /// <summary>What became of each record, in the request's order, of a request that is news.</summary>
    public ValueTask<ProduceOutcome[]> ProduceAsync(
        Topic topic, IReadOnlyList<ProduceRecord> records, CancellationToken cancellationToken) =>
        ProduceAsync(topic, records, identity: null, cancellationToken);

    /// <summary>What became of each record, in the request's order. Those that were stored by an earlier attempt have their places.</summary>
    /// <param name="identity">
    /// What the request is known by; null where it is news. With an idempotency key, and in a transaction, a topic that was deleted
    /// and made anew is answered as gone: whoever asks has written down which topic it is, and must do so again first.
    /// </param>
    public async ValueTask<ProduceOutcome[]> ProduceAsync(
        Topic topic, IReadOnlyList<ProduceRecord> records, ProduceIdentity? identity, CancellationToken cancellationToken)
    {
        var outcomes = await ProduceAsync(await PlanAsync(topic, records, identity, cancellationToken), identity, cancellationToken);
        if (identity is ProduceIdentity.Key or ProduceIdentity.Transaction)
        {
            return outcomes;
        }

        int[] gone = [.. Enumerable.Range(0, records.Count).Where(i => IsTopicGone(outcomes[i]))];
        if (gone.Length > 0 && await topics.RefreshAsync(topic.Name, cancellationToken) is { } anew && anew.Id != topic.Id)
        {
            var spread = await SpreadAsync(anew, records, identity, cancellationToken);
            var second = await ProduceAsync(Plan(anew, records, gone, identity, spread), identity, cancellationToken);
            Array.ForEach(gone, i => outcomes[i] = second[i]);
        }

        return outcomes;
    }

    /// <summary>Where a topic stands before a request with an idempotency key is first tried, to be kept for all its attempts.</summary>
    public async ValueTask<ProduceStart> StartAsync(
        Topic topic, IReadOnlyList<ProduceRecord> records, long hash, CancellationToken cancellationToken)
    {
        var begun = new RequestKey(hash, new ProduceStart(topic.Id, topic.Partitions, new Dictionary<int, long>()));
        var plan = await PlanAsync(topic, records, new ProduceIdentity.Key(begun), cancellationToken);
        var ends = await Task.WhenAll(plan.Partitions.Select(
            async partition => KeyValuePair.Create(partition, await KnownEndAsync(plan.Topic, partition, cancellationToken))));
        return new ProduceStart(plan.Topic.Id, plan.ChosenFrom, new Dictionary<int, long>(ends))
        {
            TimestampMs = clock.GetUtcNow().ToUnixTimeMilliseconds(),
            MessageBytesMax = plan.Topic.Settings.MaxMessageBytes,
        };
    }

    /// <summary>Where the records will go; the same for the same request, but for one that is news.</summary>
    public async ValueTask<ProducePlan> PlanAsync(
        Topic topic, IReadOnlyList<ProduceRecord> records, ProduceIdentity? identity, CancellationToken cancellationToken)
    {
        if (records.Any(record => record.Partition >= topic.Partitions))
        {
            topic = await topics.RefreshAsync(topic.Name, cancellationToken) ?? topic;
        }

        var spread = await SpreadAsync(topic, records, identity, cancellationToken);
        return Plan(topic, records, Enumerable.Range(0, records.Count), identity, spread);
    }

    /// <summary>Appends what was planned, once: a topic that is gone is told so.</summary>
    /// <param name="identity">Where records without a key go must not depend on what it has beyond that of the plan.</param>
    public async ValueTask<ProduceOutcome[]> ProduceAsync(
        ProducePlan plan, ProduceIdentity? identity, CancellationToken cancellationToken)
    {
        var now = KeyOf(identity)?.Start.TimestampMs ?? clock.GetUtcNow().ToUnixTimeMilliseconds();
        var outcomes = plan.Outcomes.ToArray();
        using var sending = MessagingOperation.Start(MessagingKind.Send, _metrics, clock, plan.Topic.Name);
        var trace = Trace(sending?.Span, plan.Records);
        await Task.WhenAll(plan.Members.Select(to => AppendAsync(
            plan, to.Key, to.Value, IdentityOf(plan, to.Key, to.Value[0], identity), now, trace, outcomes, cancellationToken)));
        sending?.End(Count(plan, outcomes));
        return outcomes;
    }

    /// <summary>Whether the topic was gone when the record was to be appended: nothing of it is stored, here or anywhere.</summary>
    public static bool IsTopicGone(ProduceOutcome outcome) =>
        outcome is { Error: ErrorCode.UnknownTopicOrPartition, PartitionUnknown: false };

    private static async ValueTask<int?> SpreadAsync(
        Topic topic, IReadOnlyList<ProduceRecord> records, ProduceIdentity? identity, CancellationToken cancellationToken) =>
        identity is ProduceIdentity.Sequence { Spread: { } spread } && records.Any(record => record.Partition is null)
            ? await spread(topic, cancellationToken)
            : null;

    private ProducePlan Plan(
        Topic topic, IReadOnlyList<ProduceRecord> records, IEnumerable<int> chosen, ProduceIdentity? identity, int? spread)
    {
        var (key, sequence) = (KeyOf(identity), identity as ProduceIdentity.Sequence);
        var start = key?.Start.TopicId == topic.Id ? key.Start : null;
        var chosenFrom = spread ?? start?.Partitions ?? topic.Partitions;
        var messageBytesMax = start?.MessageBytesMax ?? topic.Settings.MaxMessageBytes;

        // What is remembered of the topic may be older than the start.
        var partitions = Math.Max(topic.Partitions, chosenFrom);
        var partitioner = key is null ? new Partitioner(chosenFrom, random) : new Partitioner(chosenFrom, random, key.Hash);
        var plan = new ProducePlan(topic, records, chosenFrom, allOrNone: sequence is { OnePartition: true });
        foreach (var i in chosen)
        {
            var record = records[i];
            if (record.Partition is < 0 || record.Partition >= partitions)
            {
                plan.Refuse(i, ErrorCode.UnknownTopicOrPartition, partitionUnknown: true);
            }
            else if (IsTooLarge(record, messageBytesMax))
            {
                plan.Refuse(i, ErrorCode.MessageTooLarge);
            }
            else
            {
                plan.Add(i, record.Partition
                    ?? (record.KeyIsNull && sequence is not null
                        ? SequenceOf(sequence, i) % chosenFrom
                        : partitioner.Choose(record.Key.GetValueOrDefault().Span, record.KeyIsNull)));
            }

            if (plan.AllOrNone && plan.Outcomes[i].Error != ErrorCode.None)
            {
                break;
            }
        }

        return plan;
    }

    private static RequestKey? KeyOf(ProduceIdentity? identity) => identity switch
    {
        ProduceIdentity.Key keyed => keyed.Request,
        ProduceIdentity.Transaction transaction => transaction.Request,
        _ => null,
    };

    // Sequences wrap from int.MaxValue to 0, never through a negative number.
    private static int SequenceOf(ProduceIdentity.Sequence sequence, int record) =>
        (int)((sequence.BaseSequence + (long)record) & int.MaxValue);

    private static AppendIdentity? IdentityOf(ProducePlan plan, int partition, int first, ProduceIdentity? identity) =>
        identity switch
        {
            ProduceIdentity.Sequence sequence => new AppendIdentity.Sequence(
                sequence.ProducerId, sequence.ProducerEpoch, SequenceOf(sequence, first), LeavesOut: !sequence.OnePartition),
            ProduceIdentity.Key { Request: var key } => new AppendIdentity.Key(
                key.Hash, key.Start.TopicId == plan.Topic.Id ? key.Start.Ends.GetValueOrDefault(partition) : 0),
            ProduceIdentity.Transaction transaction => new AppendIdentity.Transaction(
                transaction.ProducerId, transaction.ProducerEpoch, transaction.Request?.Hash),
            _ => null,
        };

    // Of a log that cannot be read no end is known. The append will say what is wrong with it, for its own records.
    private async ValueTask<long> KnownEndAsync(Topic topic, int partition, CancellationToken cancellationToken)
    {
        try
        {
            return await logs.KnownEndAsync(topic, partition, cancellationToken);
        }
        catch (CorruptLogException)
        {
            return 0;
        }
    }

    private static bool IsTooLarge(ProduceRecord record, int bytesMax) => RecordBatchBuilder.RecordSize(
        record.Key.GetValueOrDefault().Span, record.KeyIsNull, record.Value.GetValueOrDefault().Span, record.ValueIsNull,
        Span(record.Headers)) > bytesMax;

    private async Task AppendAsync(
        ProducePlan plan, int partition, List<int> members, AppendIdentity? identity, long now, RecordHeader[] trace, ProduceOutcome[] outcomes,
        CancellationToken cancellationToken)
    {
        var (topic, records) = (plan.Topic, plan.Records);
        var answer = await AnswerAsync(topic, partition, Encode(topic, records, members, now, trace), identity, cancellationToken);
        if (answer.Error == ErrorCode.RecordListTooLarge && trace.Length > 0)
        {
            // Nobody's records are too large for a trace.
            answer = await AnswerAsync(topic, partition, Encode(topic, records, members, now, trace: []), identity, cancellationToken);
        }

        for (var n = 0; n < members.Count; n++)
        {
            var timestamp = answer.LogAppendTimeMs >= 0 ? answer.LogAppendTimeMs : records[members[n]].TimestampMs ?? now;
            outcomes[members[n]] = answer.Error == ErrorCode.None
                ? new ProduceOutcome(ErrorCode.None, partition, answer.BaseOffset + n, timestamp)
                : ProduceOutcome.Failed(answer.Error);
        }
    }

    // A failure of one partition is told for its records; the others' may be stored.
    private async ValueTask<AppendAnswer> AnswerAsync(
        Topic topic, int partition, byte[]? batch, AppendIdentity? identity, CancellationToken cancellationToken)
    {
        if (batch is null)
        {
            return new AppendAnswer(ErrorCode.RecordListTooLarge, -1);
        }

        try
        {
            var answer = await logs.AppendAsync(topic, partition, batch, identity, cancellationToken);
            return answer.Error == ErrorCode.MessageTooLarge ? answer with { Error = ErrorCode.RecordListTooLarge } : answer;
        }
        catch (StorageException failed)
        {
            AppendFailed(failed, topic.Name, partition);
            return new AppendAnswer(failed.Retriable ? ErrorCode.RequestTimedOut : ErrorCode.UnknownServerError, -1);
        }
        catch (CorruptLogException corrupt)
        {
            AppendFailed(corrupt, topic.Name, partition);
            return new AppendAnswer(ErrorCode.CorruptMessage, -1);
        }
    }

    // Null: more than one block can take, so that it is not built only to be refused. What gzip makes of it, the log sees.
    private static byte[]? Encode(Topic topic, IReadOnlyList<ProduceRecord> records, List<int> members, long now, RecordHeader[] trace)
    {
        var compression = topic.Settings.CompressionType;
        var bytesMax = compression == CompressionType.None ? Limits.BatchBytesMax : UncompressedBytesMax;
        using var builder = new RecordBatchBuilder(compression);
        foreach (var i in members)
        {
            var record = Traced(records[i], trace, topic.Settings.MaxMessageBytes);
            if (builder.SizeInBytes + (long)SizeOf(record, builder.Count) > bytesMax)
            {
                return null;
            }

            builder.Add(
                record.TimestampMs ?? now, record.Key.GetValueOrDefault().Span, record.KeyIsNull,
                record.Value.GetValueOrDefault().Span, record.ValueIsNull, Span(record.Headers));
        }

        return builder.Build();
    }

    // With the headers of its trace, where it brings none itself, and where they do not make it too large.
    private static ProduceRecord Traced(ProduceRecord record, RecordHeader[] trace, int bytesMax)
    {
        if (trace.Length == 0 || TraceHeaders.Has(record.Headers))
        {
            return record;
        }

        var traced = record with { Headers = [.. record.Headers, .. trace] };
        return IsTooLarge(traced, bytesMax) ? record : traced;
    }

    private RecordHeader[] Trace(Activity? span, IReadOnlyList<ProduceRecord> records)
    {
        if (span is not { IsAllDataRequested: true })
        {
            return [];
        }

        span.SetTag(TelemetryAttributes.MessageCount, records.Count);
        TraceHeaders.Link(span, records);
        return _carriesTrace ? TraceHeaders.Of(span) : [];
    }

    // The first error is that of the operation. Records that were in no plan are none of its outcomes.
    private ErrorCode Count(ProducePlan plan, ProduceOutcome[] outcomes)
    {
        var error = ErrorCode.None;
        foreach (var outcome in outcomes)
        {
            if (outcome.Error != ErrorCode.None)
            {
                error = error == ErrorCode.None ? outcome.Error : error;
                _metrics.Sent(plan.Topic.Name, 1, outcome.Error);
            }
        }

        var stored = 0;
        foreach (var members in plan.Members.Values)
        {
            stored += outcomes[members[0]].Error == ErrorCode.None ? members.Count : 0;
        }

        _metrics.Sent(plan.Topic.Name, stored);
        return error;
    }

    // The deltas of timestamps are at most ten bytes each, and are not known here.
    private static int SizeOf(ProduceRecord record, int offsetDelta) => RecordBatchBuilder.RecordSize(
        record.Key.GetValueOrDefault().Span, record.KeyIsNull, record.Value.GetValueOrDefault().Span, record.ValueIsNull,
        Span(record.Headers), offsetDelta, timestampDelta: long.MaxValue / 2);

    private static ReadOnlySpan<RecordHeader> Span(IReadOnlyList<RecordHeader> headers) => headers switch
    {
        RecordHeader[] array => array,
        List<RecordHeader> list => CollectionsMarshal.AsSpan(list),
        _ => headers.ToArray(),
    };

    [LoggerMessage(Level = LogLevel.Error, Message = "Append to {Topic}-{Partition} failed.")]
    private partial void AppendFailed(Exception exception, string topic, int partition);
}
