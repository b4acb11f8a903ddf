using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using Serverless.Core.Records;
using Serverless.Core.Storage;
using Serverless.Core.Topics;

namespace Serverless.Core.Log;

/// <summary>Takes the records of one request to their partitions: one batch each, all appended at once.</summary>
/// <remarks>
/// Records that go to one partition keep the order of the request and are appended as one unit; across partitions each stands for
/// itself, and the outcome of one never touches another. A topic that the catalogue knows from some moments ago is looked up again
/// when a record names a partition past its end, and when the log says that it is gone: partitions may have been added, or the
/// topic deleted and made anew. Nothing was stored by then, so starting over repeats nothing.
/// </remarks>
public sealed partial class Producer(
    ITopicCatalog topics, IPartitionLogs logs, TimeProvider clock, Random random, ILogger<Producer> logger)
{
    // What a reader will undo at most (RecordBatch), with room for the header.
    private const int UncompressedBytesMax = 16 * 1024 * 1024 - 1024;

    /// <summary>What became of each record, in the request's order, of a request that is news.</summary>
    public ValueTask<ProduceOutcome[]> ProduceAsync(
        Topic topic, IReadOnlyList<ProduceRecord> records, CancellationToken cancellationToken) =>
        ProduceAsync(topic, records, identity: null, cancellationToken);

    /// <summary>What became of each record, in the request's order. Those that were stored by an earlier attempt have their places.</summary>
    /// <param name="identity">What the request is known by; null where it is news.</param>
    public async ValueTask<ProduceOutcome[]> ProduceAsync(
        Topic topic, IReadOnlyList<ProduceRecord> records, ProduceIdentity? identity, CancellationToken cancellationToken)
    {
        if (records.Any(record => record.Partition >= topic.Partitions))
        {
            topic = await topics.RefreshAsync(topic.Name, cancellationToken) ?? topic;
        }

        var outcomes = new ProduceOutcome[records.Count];
        await ProduceAsync(topic, records, [.. Enumerable.Range(0, records.Count)], outcomes, cancellationToken);

        int[] gone = [.. Enumerable.Range(0, records.Count).Where(i => IsTopicGone(outcomes[i]))];
        if (gone.Length > 0 && await topics.RefreshAsync(topic.Name, cancellationToken) is { } anew && anew.Id != topic.Id)
        {
            await ProduceAsync(anew, records, gone, outcomes, cancellationToken);
        }

        return outcomes;
    }

    private static bool IsTopicGone(ProduceOutcome outcome) =>
        outcome is { Error: ErrorCode.UnknownTopicOrPartition, PartitionUnknown: false };

    private async Task ProduceAsync(
        Topic topic, IReadOnlyList<ProduceRecord> records, int[] chosen, ProduceOutcome[] outcomes, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow().ToUnixTimeMilliseconds();
        var appends = new List<Task>();
        foreach (var (partition, members) in ByPartition(topic, records, chosen, outcomes))
        {
            appends.Add(AppendAsync(topic, partition, records, members, now, outcomes, cancellationToken));
        }

        await Task.WhenAll(appends);
    }

    // Sorted, so that appends begin in the same order whenever the same is asked.
    private SortedDictionary<int, List<int>> ByPartition(
        Topic topic, IReadOnlyList<ProduceRecord> records, int[] chosen, ProduceOutcome[] outcomes)
    {
        var partitioner = new Partitioner(topic.Partitions, random);
        var byPartition = new SortedDictionary<int, List<int>>();
        foreach (var i in chosen)
        {
            var record = records[i];
            if (record.Partition is < 0 || record.Partition >= topic.Partitions)
            {
                outcomes[i] = ProduceOutcome.Failed(ErrorCode.UnknownTopicOrPartition, partitionUnknown: true);
            }
            else if (IsTooLarge(record, topic.Settings.MaxMessageBytes))
            {
                outcomes[i] = ProduceOutcome.Failed(ErrorCode.MessageTooLarge);
            }
            else
            {
                var partition = record.Partition ?? partitioner.Choose(record.Key.GetValueOrDefault().Span, record.KeyIsNull);
                if (!byPartition.TryGetValue(partition, out var members))
                {
                    byPartition.Add(partition, members = []);
                }

                members.Add(i);
            }
        }

        return byPartition;
    }

    private static bool IsTooLarge(ProduceRecord record, int bytesMax) => RecordBatchBuilder.RecordSize(
        record.Key.GetValueOrDefault().Span, record.KeyIsNull, record.Value.GetValueOrDefault().Span, record.ValueIsNull,
        Span(record.Headers)) > bytesMax;

    private async Task AppendAsync(
        Topic topic, int partition, IReadOnlyList<ProduceRecord> records, List<int> members, long now, ProduceOutcome[] outcomes,
        CancellationToken cancellationToken)
    {
        var answer = await AnswerAsync(topic, partition, Encode(topic, records, members, now), cancellationToken);
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
        Topic topic, int partition, byte[]? batch, CancellationToken cancellationToken)
    {
        if (batch is null)
        {
            return new AppendAnswer(ErrorCode.RecordListTooLarge, -1);
        }

        try
        {
            var answer = await logs.AppendAsync(topic, partition, batch, cancellationToken);
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
    private static byte[]? Encode(Topic topic, IReadOnlyList<ProduceRecord> records, List<int> members, long now)
    {
        var compression = topic.Settings.CompressionType;
        var bytesMax = compression == CompressionType.None ? Limits.BatchBytesMax : UncompressedBytesMax;
        using var builder = new RecordBatchBuilder(compression);
        foreach (var i in members)
        {
            var record = records[i];
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
