using Serverless.Core.Records;
using Serverless.Core.Telemetry;
using Serverless.Core.Topics;

namespace Serverless.Core.Log;

/// <summary>Appends of batches that have an identity: what memory cannot tell of them is looked up in the log.</summary>
internal sealed class IdentifiedAppends(LogContext context, PartitionTail tails, PartitionAppender appender, PartitionReader reader)
{
    // Each search ends where memory begins; more than one is needed only when that moves on by thousands of keys meanwhile.
    private const int SearchesMax = 8;

    public async ValueTask<AppendAnswer> AppendAsync(
        TopicSettings settings, ReadOnlyMemory<byte> batch, AppendIdentity identity, CancellationToken cancellationToken)
    {
        for (var searches = 0; ; searches++)
        {
            var answer = await appender.AppendAsync(settings, batch, identity, cancellationToken);
            if (answer.Search is not { } search)
            {
                return answer.IsDuplicate ? await CheckedAsync(answer, batch, identity, cancellationToken) : answer;
            }

            if (searches == SearchesMax)
            {
                return new AppendAnswer(ErrorCode.RequestTimedOut, -1);
            }

            var (isWhole, place) = await FindAsync(search, cancellationToken);
            if (place is { } offset)
            {
                var found = new AppendAnswer(ErrorCode.None, offset, IsDuplicate: true);
                return await CheckedAsync(found, batch, identity, cancellationToken);
            }

            if (!isWhole)
            {
                // Retention has taken a part of where it may have been: stored or not, nobody can tell any more.
                return new AppendAnswer(ErrorCode.RequestTimedOut, -1);
            }

            // It is not there, and bytes never change: from now on only what follows has to be looked at.
            identity = identity switch
            {
                AppendIdentity.Key key => key with { FromOffset = search.ToOffset },
                AppendIdentity.Transaction of => of with { SearchedTo = search.ToOffset },
                _ => identity,
            };
        }
    }

    private async ValueTask<(bool IsWhole, long? Offset)> FindAsync(KeySearch search, CancellationToken cancellationToken)
    {
        var place = await reader.PlaceAsync(search.FromOffset, cancellationToken);
        while (place.Offset < search.ToOffset)
        {
            if (place.SegmentBase < (await tails.FreshStartAsync(cancellationToken)).Offset
                || await reader.ReadBatchesAsync(place, context.Options.CheckpointBytes, cancellationToken) is not { } read)
            {
                return (false, null);
            }

            if (Find(read.Batches.Span, search) is { } offset)
            {
                return (true, offset);
            }

            place = read.Next;
        }

        // A place behind the first offset is the start of a log whose beginning is gone.
        return (tails.Start.Offset <= search.FromOffset, null);
    }

    private static long? Find(ReadOnlySpan<byte> batches, KeySearch search)
    {
        var walk = new RecordBatchReader(batches);
        while (walk.TryRead(out var header, out _))
        {
            if (KeyedBatches.HashOf(header) == search.Hash && header.BaseOffset >= search.FromOffset)
            {
                return header.BaseOffset;
            }
        }

        return null;
    }

    // A sequence, or a part of a hash, that is used again for other records is a mistake of the client, and not a repetition. Where
    // retention has taken what was stored, nobody can tell any more.
    private async ValueTask<AppendAnswer> CheckedAsync(
        AppendAnswer answer, ReadOnlyMemory<byte> batch, AppendIdentity identity, CancellationToken cancellationToken)
    {
        context.Metrics.DuplicateFound(identity is AppendIdentity.Sequence ? "sequence" : "key");
        var stored = await reader.FetchAsync(answer.BaseOffset, bytesMax: 1, cancellationToken);
        if (stored.Error != ErrorCode.None
            || !RecordBatchHeader.TryRead(stored.Batches.Span, out var header) || header.BaseOffset != answer.BaseOffset)
        {
            return answer;
        }

        return identity is not AppendIdentity.Key && !SameRecords(stored.Batches.Span[..header.SizeInBytes], batch.Span)
            ? new AppendAnswer(ErrorCode.DuplicateSequenceNumber, -1)
            : answer with { LogAppendTimeMs = header.TimestampType == TimestampType.LogAppendTime ? header.MaxTimestamp : -1 };
    }

    // Timestamps are left out: who does not send one gets another at each attempt. So does what tells of the trace of an attempt.
    private static bool SameRecords(ReadOnlySpan<byte> batch, ReadOnlySpan<byte> other)
    {
        using var records = RecordReader.Open(batch);
        using var others = RecordReader.Open(other);
        while (records.TryRead(out var record))
        {
            if (!others.TryRead(out var twin) || record.KeyIsNull != twin.KeyIsNull || record.ValueIsNull != twin.ValueIsNull
                || !record.Key.SequenceEqual(twin.Key) || !record.Value.SequenceEqual(twin.Value) || !TraceHeaders.SameBut(record, twin))
            {
                return false;
            }
        }

        return !others.TryRead(out _);
    }
}
