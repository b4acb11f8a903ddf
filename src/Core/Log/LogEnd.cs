using Microsoft.Extensions.Logging;
using Serverless.Core.Records;
using Serverless.Core.Storage;

namespace Serverless.Core.Log;

/// <summary>Ends segments, and logs, from outside of the append path: for retention and for the deletion of topics.</summary>
internal sealed partial class LogEnd(LogContext context, PartitionTail tails, PartitionRows rows)
{
    private const int SegmentsAPage = 5_000;

    private readonly ILogger _logger = context.Logger;

    /// <summary>Ends the log for ever, as its topic is being deleted: whoever appends later meets the marker.</summary>
    /// <remarks>
    /// The start row is closed first. Then a missing segment needs no marker: who makes it checks the start row before the
    /// first append to it. A log whose bytes are wrong is ended all the same, as nobody could delete its topic otherwise.
    /// </remarks>
    public async ValueTask CloseAsync(CancellationToken cancellationToken)
    {
        await rows.AdvanceStartAsync(0, close: true, cancellationToken);
        for (var attempt = 0; attempt < context.Options.AttemptsMax; attempt++)
        {
            if (await TryCloseAsync(cancellationToken))
            {
                return;
            }
        }

        throw new StorageException("The log could not be closed; the sweep tries again.", retriable: true);
    }

    /// <summary>Ends the active segment, as retention wants it to go.</summary>
    public async ValueTask<bool> TryRollAsync(LogTail seen, CancellationToken cancellationToken)
    {
        Invariant.Holds(!seen.SegmentIsEmpty);
        await AppendMarkerAsync(seen, ControlRecord.SegmentEnd, cancellationToken);
        var tail = await tails.RefreshAsync(cancellationToken);
        return tail.SegmentBase > seen.SegmentBase;
    }

    private async ValueTask<bool> TryCloseAsync(CancellationToken cancellationToken)
    {
        try
        {
            var tail = await tails.RefreshAsync(cancellationToken);
            // A full segment takes nothing any more, and who would open the next one finds the start row closed.
            return tail.Closed || await AppendMarkerAsync(tail, ControlRecord.TopicClosed, cancellationToken)
                is AppendOutcome.Appended or AppendOutcome.Missing or AppendOutcome.BlockLimit;
        }
        catch (CorruptLogException corrupt)
        {
            ClosingCorruptLog(corrupt);
            return await TryCloseUnreadAsync(cancellationToken);
        }
    }

    // Where the log ends cannot be read, but its newest blob has a length: a marker there, at whatever offset, refuses every
    // instance that still appends by what it read before, since none of them knows a longer blob.
    private async ValueTask<bool> TryCloseUnreadAsync(CancellationToken cancellationToken)
    {
        BlobItem? newest = null;
        string? continuation = null;
        do
        {
            var page = await context.Blobs.ListAsync(tails.Prefix, continuation, SegmentsAPage, cancellationToken);
            newest = page.Items.Count > 0 ? page.Items[^1] : newest;
            continuation = page.Continuation;
        }
        while (continuation is not null);

        if (newest is not { } last)
        {
            return true;
        }

        var segmentBase = Layout.BaseOffset(last.Name);
        var end = LogTail.StartOf(segmentBase, logMaxTimestamp: -1) with { Position = last.Size };
        return await AppendMarkerAsync(end, ControlRecord.TopicClosed, cancellationToken)
            is AppendOutcome.Appended or AppendOutcome.Missing or AppendOutcome.BlockLimit;
    }

    private async ValueTask<AppendOutcome> AppendMarkerAsync(
        LogTail tail, short controlType, CancellationToken cancellationToken)
    {
        var marker = AppendBlock.Marker(controlType, context.Clock.GetUtcNow().ToUnixTimeMilliseconds());
        RecordBatch.Stamp(marker, tail.NextOffset, context.Ids.NewStamp());
        var result = await context.Blobs.AppendAsync(
            tails.SegmentName(tail.SegmentBase), tail.Position, marker, cancellationToken);
        return result.Outcome;
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The log of a topic that is deleted cannot be read; it is closed unread.")]
    private partial void ClosingCorruptLog(Exception corrupt);
}
