using Serverless.Core.Storage;
using Serverless.Core.Storage.Rows;

namespace Serverless.Core.Log;

/// <summary>The rows of one partition: its start, its checkpoints, its rolled segments.</summary>
internal sealed class PartitionRows(IRowStore rows, string topicId, int partition)
{
    private const string Table = Layout.CheckpointsTable;

    private readonly string _key = Layout.PartitionKey(topicId, partition);

    public async ValueTask<LogStart> StartAsync(CancellationToken cancellationToken) =>
        (await StartServedAsync(cancellationToken)).Start;

    /// <summary>The start, and the service's clock when it told.</summary>
    public async ValueTask<(LogStart Start, DateTimeOffset ServedAt)> StartServedAsync(CancellationToken cancellationToken)
    {
        var read = await rows.GetAsync(Table, new RowKey(_key, LogStartRow.Row), cancellationToken);
        return (read.Row is { } row ? LogStartRow.Decode(row) : new LogStart(0, Closed: false, ETag: null), read.ServedAt);
    }

    /// <summary>Moves the start forward, or closes it, whoever else does the same; it never goes back and never reopens.</summary>
    public ValueTask<LogStart> AdvanceStartAsync(long offset, bool close, CancellationToken cancellationToken) =>
        ChangeStartAsync(
            (start, _) => start with { Offset = Math.Max(start.Offset, offset), Closed = start.Closed || close },
            cancellationToken);

    /// <summary>Notes since when the start is where it is, and what may be removed for that.</summary>
    public ValueTask<LogStart> MatureStartAsync(TimeSpan removalDelay, CancellationToken cancellationToken) =>
        ChangeStartAsync((start, servedAt) => start.At(servedAt, removalDelay), cancellationToken);

    /// <summary>Notes that nothing is left below an offset.</summary>
    public ValueTask<LogStart> RemovedAsync(long below, CancellationToken cancellationToken) =>
        ChangeStartAsync((start, _) => start with { Removed = Math.Max(start.Removed, below) }, cancellationToken);

    private async ValueTask<LogStart> ChangeStartAsync(
        Func<LogStart, DateTimeOffset, LogStart> change, CancellationToken cancellationToken)
    {
        const int AttemptsMax = 8;
        for (var attempt = 0; attempt < AttemptsMax; attempt++)
        {
            var (current, servedAt) = await StartServedAsync(cancellationToken);
            var next = change(current, servedAt);
            if (next == current)
            {
                return current;
            }

            var columns = LogStartRow.Encode(next);
            var action = current.ETag is { } etag
                ? RowAction.Replace(LogStartRow.Row, columns, etag)
                : RowAction.Insert(LogStartRow.Row, columns);
            await rows.SubmitAsync(Table, _key, [action], cancellationToken);

            // Whatever the outcome, the next read tells: it is there, or another was first, or it must be sent again.
        }

        throw new StorageException($"The start of {_key} could not be moved in {AttemptsMax} attempts.", retriable: true);
    }

    /// <summary>The checkpoint with the highest next offset that is at most <paramref name="offset"/>.</summary>
    public async ValueTask<LogTail?> CheckpointAtOrBelowAsync(long offset, CancellationToken cancellationToken)
    {
        var page = await rows.QueryAsync(
            Table, new RowQuery(_key, CheckpointRow.Row(offset), After(CheckpointRow.Prefix), Take: 1), cancellationToken);
        return page.Rows.Count == 0 ? null : CheckpointRow.DecodeWithProducers(page.Rows[0]);
    }

    /// <summary>Checkpoints from the newest to the oldest, those below <paramref name="below"/> only.</summary>
    public async ValueTask<(IReadOnlyList<LogTail> Checkpoints, bool More)> CheckpointsBelowAsync(
        long below, int take, CancellationToken cancellationToken)
    {
        var page = await rows.QueryAsync(
            Table,
            new RowQuery(_key, CheckpointRow.Row(Math.Max(0, below - 1)), After(CheckpointRow.Prefix), take),
            cancellationToken);
        return ([.. page.Rows.Select(CheckpointRow.Decode)], page.More);
    }

    /// <summary>Rolled segments in order, from the oldest that is still known.</summary>
    public async ValueTask<(IReadOnlyList<RolledSegment> Segments, bool More)> RolledAsync(
        long fromBase, CancellationToken cancellationToken)
    {
        var page = await rows.QueryAsync(
            Table,
            new RowQuery(_key, RolledSegmentRow.Row(fromBase), After(RolledSegmentRow.Prefix)),
            cancellationToken);
        return ([.. page.Rows.Select(RolledSegmentRow.Decode)], page.More);
    }

    /// <summary>Best effort: there may be one already, and a lost one is found again by reading.</summary>
    /// <param name="decidedFrom">Of which part the aborted transactions are noted with it: from here to the tail.</param>
    public async ValueTask AddCheckpointAsync(LogTail tail, long decidedFrom, CancellationToken cancellationToken)
    {
        if (tail.Closed)
        {
            // Nobody opens it any more; and whoever did by a place behind the marker would not know that it is closed.
            return;
        }

        var actions = new List<RowAction>
        {
            RowAction.Insert(CheckpointRow.Row(tail.NextOffset), CheckpointRow.EncodeWithProducers(tail)),
        };
        if (tail.Producers.Count > 0)
        {
            var decided = DecidedRow.Of(tail, Math.Max(decidedFrom, tail.Aborted.From));
            actions.Add(RowAction.Insert(DecidedRow.Row(tail.NextOffset), decided.Encode()));
        }

        await rows.SubmitAsync(Table, _key, actions, cancellationToken);
    }

    /// <summary>
    /// Takes the checkpoint at the tail's end over into the tail's segment, where the segment before has ended since it was left. Best effort.
    /// </summary>
    public async ValueTask MoveCheckpointAsync(LogTail tail, CancellationToken cancellationToken)
    {
        var row = CheckpointRow.Row(tail.NextOffset);
        var read = await rows.GetAsync(Table, new RowKey(_key, row), cancellationToken);
        if (read.Row is { } stored && CheckpointRow.Decode(stored).SegmentBase < tail.SegmentBase)
        {
            await rows.SubmitAsync(
                Table, _key, [RowAction.Replace(row, CheckpointRow.EncodeWithProducers(tail), stored.ETag)], cancellationToken);
        }
    }

    /// <summary>What checkpoints behind an offset say of the transactions between, in order; best effort as they are.</summary>
    public async ValueTask<(IReadOnlyList<DecidedRow> Rows, bool More)> DecidedAfterAsync(
        long offset, int take, CancellationToken cancellationToken)
    {
        var page = await rows.QueryAsync(
            Table, new RowQuery(_key, DecidedRow.Row(offset + 1), After(DecidedRow.Prefix), take), cancellationToken);
        return ([.. page.Rows.Select(DecidedRow.Decode)], page.More);
    }

    /// <summary>Best effort, as checkpoints are.</summary>
    public async ValueTask AddRolledAsync(RolledSegment segment, CancellationToken cancellationToken) =>
        await rows.SubmitAsync(
            Table,
            _key,
            [RowAction.Insert(RolledSegmentRow.Row(segment.BaseOffset), RolledSegmentRow.Encode(segment))],
            cancellationToken);

    /// <summary>Removes checkpoints and rolled segments that lie wholly below the log's start; true when there are more.</summary>
    public async ValueTask<bool> RemoveBelowAsync(long start, CancellationToken cancellationToken)
    {
        var rolled = await rows.QueryAsync(
            Table,
            new RowQuery(_key, RolledSegmentRow.Prefix, RolledSegmentRow.Row(start), Take: 100),
            cancellationToken);
        var checkpoints = await rows.QueryAsync(
            Table,
            new RowQuery(_key, CheckpointRow.Row(start - 1), After(CheckpointRow.Prefix), Take: 100),
            cancellationToken);
        var decided = await rows.QueryAsync(
            Table,
            new RowQuery(_key, DecidedRow.Prefix, DecidedRow.Row(start), Take: 100),
            cancellationToken);
        var allGone = true;
        foreach (var page in new[] { checkpoints, rolled, decided })
        {
            allGone &= await DeleteAsync(page.Rows, cancellationToken);
        }

        return rolled.More || checkpoints.More || decided.More || !allGone;
    }

    /// <summary>Removes every row of the partition; true when there are more.</summary>
    public async ValueTask<bool> RemoveAllAsync(CancellationToken cancellationToken)
    {
        var page = await rows.QueryAsync(Table, new RowQuery(_key, Take: 100), cancellationToken);
        return !await DeleteAsync(page.Rows, cancellationToken) || page.More;
    }

    // False: they may be there still, as the reply was lost or another sweep was at work. The next look tells.
    private async ValueTask<bool> DeleteAsync(IReadOnlyList<StoredRow> stored, CancellationToken cancellationToken)
    {
        if (stored.Count == 0)
        {
            return true;
        }

        var deleted = await rows.SubmitAsync(
            Table, _key, [.. stored.Select(row => RowAction.Delete(row.Key.Row, row.ETag))], cancellationToken);
        return deleted.Outcome == SubmitOutcome.Committed;
    }

    private static string After(string prefix) => prefix[..^1] + (char)(prefix[^1] + 1);
}
