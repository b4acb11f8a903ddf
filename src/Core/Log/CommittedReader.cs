using Serverless.Core.Records;

namespace Serverless.Core.Log;

/// <summary>Fetches for <c>read_committed</c>: up to the last stable offset, without the batches of aborted transactions.</summary>
/// <remarks>
/// Whether a transaction was aborted says its marker, which may lie far behind what is fetched. It is found in what was fetched,
/// in memory, or in the rows beside the checkpoints, each of which tells of a stretch of the log; where one is missing the log
/// itself is read. So a fetch costs as much as it takes to come to the markers of its own transactions, and no scan.
/// </remarks>
internal sealed class CommittedReader(LogContext context, PartitionTail tails, PartitionRows rows, PartitionReader reader)
{
    private const int RowsAPage = 20;

    public async ValueTask<FetchAnswer> FetchAsync(long offset, int bytesMax, CancellationToken cancellationToken)
    {
        for (var isFresh = false; ;)
        {
            var fetched = await reader.FetchAsync(offset, bytesMax, cancellationToken);
            if (fetched.Error != ErrorCode.None || fetched.Batches.IsEmpty)
            {
                return fetched;
            }

            var end = fetched.Offsets.LastStableOffset;
            var cut = UpTo(fetched.Batches.Span, end);
            var stable = fetched with
            {
                Batches = fetched.Batches[..cut],
                NextOffset = fetched.NextOffset > end ? Math.Max(offset, end) : fetched.NextOffset,
            };
            if (stable.Batches.IsEmpty)
            {
                if (isFresh)
                {
                    return stable;
                }

                // As at the log's end, only a look at storage can tell that nothing more was decided.
                await tails.RefreshAsync(cancellationToken);
                isFresh = true;
                continue;
            }

            // The tail is no older than the fetch, which was answered by it.
            if (tails.Known is { } tail && await AbortedAsync(tail, stable, cancellationToken) is { } aborted)
            {
                return stable with { Batches = Without(stable.Batches, aborted) };
            }

            // Retention has passed some of it meanwhile; or the tail was forgotten, and is read anew.
            await tails.RefreshAsync(cancellationToken);
        }
    }

    private static int UpTo(ReadOnlySpan<byte> batches, long end)
    {
        var walk = new RecordBatchReader(batches);
        var to = 0;
        while (walk.TryRead(out var header, out _) && header.BaseOffset < end)
        {
            to = walk.Position;
        }

        return to;
    }

    // Every aborted transaction that has a batch in what was fetched; null where a part of the log that tells is gone.
    private async ValueTask<List<AbortedTransaction>?> AbortedAsync(
        LogTail tail, FetchAnswer fetched, CancellationToken cancellationToken)
    {
        var search = new MarkerSearch(FirstOffset(fetched.Batches.Span));
        search.Begin(fetched.Batches.Span);
        while (!search.IsOver && search.To < tail.Aborted.From)
        {
            var (decided, _) = await rows.DecidedAfterAsync(search.To, RowsAPage, cancellationToken);
            var before = search.To;
            foreach (var row in decided.TakeWhile(row => row.From <= search.To && !search.IsOver))
            {
                search.Take(row);
            }

            if (search.To == before && !search.IsOver && !await ReadOnAsync(search, cancellationToken))
            {
                return null;
            }
        }

        if (!search.IsOver)
        {
            search.Take(tail);
        }

        return search.Aborted;
    }

    private async ValueTask<bool> ReadOnAsync(MarkerSearch search, CancellationToken cancellationToken)
    {
        var place = await reader.PlaceAsync(search.To, cancellationToken);
        for (var to = search.To; search.To == to;)
        {
            if (place.Offset > to || await reader.ReadBatchesAsync(place, context.Options.CheckpointBytes, cancellationToken) is not { } read)
            {
                return false;
            }

            search.Walk(read.Batches.Span);
            place = read.Next;
        }

        return true;
    }

    private static long FirstOffset(ReadOnlySpan<byte> batches)
    {
        var read = RecordBatchHeader.TryRead(batches, out var header);
        Invariant.Holds(read);
        return header.BaseOffset;
    }

    private static ReadOnlyMemory<byte> Without(ReadOnlyMemory<byte> batches, List<AbortedTransaction> aborted)
    {
        if (aborted.Count == 0)
        {
            return batches;
        }

        var kept = new byte[batches.Length];
        var length = 0;
        var walk = new RecordBatchReader(batches.Span);
        while (walk.TryRead(out var header, out var batch))
        {
            if (!IsAborted(header, aborted))
            {
                batch.CopyTo(kept.AsSpan(length));
                length += batch.Length;
            }
        }

        return kept.AsMemory(0, length);
    }

    private static bool IsAborted(RecordBatchHeader header, List<AbortedTransaction> aborted) =>
        header is { IsTransactional: true, IsControl: false } && aborted.Exists(transaction => transaction.Holds(header));
}
