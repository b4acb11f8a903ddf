namespace Serverless.Core.Delivery;

/// <content>What is waited for: a turn, records, and the time of the next attempt. Nothing is held in memory meanwhile.</content>
internal sealed partial class PartitionDelivery
{
    /// <summary>False where it was over first. Whoever has a turn may hold records, and ends it before it waits for anything but a target.</summary>
    private async ValueTask<bool> TakeTurnAsync(CancellationToken over, CancellationToken cancellationToken) =>
        _hasTurn = _hasTurn || await Waiting.UntilAsync(
            async either =>
            {
                await work.Turns.EnterAsync(either);
                return true;
            },
            over, cancellationToken);

    private void EndTurn()
    {
        _read = null;
        if (_hasTurn)
        {
            _hasTurn = false;
            work.Turns.Leave();
        }
    }

    /// <summary>Finds the next batch and fixes its range; or passes over what is no record; or waits.</summary>
    private async ValueTask FixAsync(CancellationToken over, CancellationToken cancellationToken)
    {
        if (!await TakeTurnAsync(over, cancellationToken))
        {
            return;
        }

        var read = await _reader.NextAsync(_mark.Offset, Settings, cancellationToken);
        QuietSince = read.Records > 0 ? null : QuietSince;
        if (read is { Records: > 0, IsFull: false } && Settings.Linger > TimeSpan.Zero)
        {
            var waitFrom = read.WaitFrom;
            read = default;
            EndTurn();
            await Waiting.UntilAsync(
                either => _reader.WaitAsync(waitFrom, Settings.Linger, either), over, cancellationToken);
            if (!await TakeTurnAsync(over, cancellationToken))
            {
                return;
            }

            read = await _reader.NextAsync(_mark.Offset, Settings, cancellationToken);
        }

        if (read.Error is not (ErrorCode.None or ErrorCode.OffsetOutOfRange))
        {
            throw new PartitionEndedException(PartitionEnd.Moved);
        }

        if (read.Records == 0 && read.NextOffset > _mark.Offset)
        {
            // Markers, or what retention was faster with.
            await StepAsync(new(read.NextOffset, ""), -1, [], cancellationToken);
            return;
        }

        if (read.Records == 0)
        {
            // Or the group was set to behind the end: then the log has yet to come there.
            QuietSince ??= work.Clock.GetTimestamp();
            EndTurn();
            await Waiting.UntilAsync(either => _reader.WaitAsync(read.WaitFrom, WaitMax, either), over, cancellationToken);
            return;
        }

        var range = new RangeMark(_mark.Offset, read.NextOffset);
        if (work.Target is not null)
        {
            await StepAsync(_mark with { Metadata = range.Encode() }, range.To, [], cancellationToken);
        }

        (_range, _read) = (range, read);
    }

    private async ValueTask<bool> IsDueAsync(RangeMark range, CancellationToken over, CancellationToken cancellationToken)
    {
        ParkedUntil = range.Due;
        var left = (range.Due - work.Now) ?? TimeSpan.Zero;
        if (left > TimeSpan.Zero)
        {
            EndTurn();

            // Anybody may write metadata, and a timer has its bounds: what is due much later is looked at again.
            var wait = left < DueWaitMax ? left : DueWaitMax;
            await Waiting.UntilAsync(
                async either =>
                {
                    await Task.Delay(wait, work.Clock, either);
                    return true;
                },
                over, cancellationToken);
        }

        ParkedUntil = null;
        return left <= DueWaitMax && !over.IsCancellationRequested;
    }
}
