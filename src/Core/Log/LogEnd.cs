using Serverless.Core.Records;
using Serverless.Core.Storage;

namespace Serverless.Core.Log;

/// <summary>Ends segments, and logs, from outside of the append path: for retention and for the deletion of topics.</summary>
internal sealed class LogEnd(LogContext context, PartitionTail tails, PartitionRows rows)
{
    /// <summary>Ends the log for ever, as its topic is being deleted: whoever appends later meets the marker.</summary>
    /// <remarks>
    /// The start row is closed first. Then a missing segment needs no marker: who makes it checks the start row before the
    /// first append to it.
    /// </remarks>
    public async ValueTask CloseAsync(CancellationToken cancellationToken)
    {
        await rows.AdvanceStartAsync(0, close: true, cancellationToken);
        for (var attempt = 0; attempt < context.Options.AttemptsMax; attempt++)
        {
            var tail = await tails.RefreshAsync(cancellationToken);
            if (tail.Closed || await AppendMarkerAsync(tail, ControlRecord.TopicClosed, cancellationToken)
                is AppendOutcome.Appended or AppendOutcome.Missing)
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

    private async ValueTask<AppendOutcome> AppendMarkerAsync(
        LogTail tail, short controlType, CancellationToken cancellationToken)
    {
        var marker = AppendBlock.Marker(controlType, context.Clock.GetUtcNow().ToUnixTimeMilliseconds());
        RecordBatch.Stamp(marker, tail.NextOffset, context.Ids.NewStamp());
        var result = await context.Blobs.AppendAsync(
            tails.SegmentName(tail.SegmentBase), tail.Position, marker, cancellationToken);
        return result.Outcome;
    }
}
