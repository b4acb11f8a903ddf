using System.Diagnostics;
using Serverless.Core.Records;

namespace Serverless.Core.Log;

/// <summary>One append that waits for its place.</summary>
internal sealed class PendingAppend(ReadOnlyMemory<byte> batch, RecordBatchHeader header, AppendIdentity? identity = null)
{
    private readonly TaskCompletionSource<AppendAnswer> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ReadOnlyMemory<byte> Batch { get; } = batch;

    public RecordBatchHeader Header { get; } = header;

    public AppendIdentity? Identity { get; } = identity;

    /// <summary>The span that waits for it, where there is one: a block is sent on behalf of many.</summary>
    public ActivityContext Trace { get; } = Activity.Current?.Context ?? default;

    /// <summary>Nobody waits any more, and it was never sent: it is left out.</summary>
    public bool Abandoned { get; set; }

    /// <summary>The answer, unless the caller's patience ends first; the append goes its way all the same.</summary>
    public async ValueTask<AppendAnswer> AnswerAsync(CancellationToken cancellationToken)
    {
        using var cancelled = cancellationToken.UnsafeRegister(
            (append, token) => ((PendingAppend)append!)._answer.TrySetCanceled(token), this);
        return await _answer.Task;
    }

    public void Complete(AppendAnswer answer) => _answer.TrySetResult(answer);

    public void Fail(Exception exception) => _answer.TrySetException(exception);
}

/// <summary>Pending appends as the bytes of one block. Pure.</summary>
internal static class AppendBlock
{
    /// <summary>The batches, stamped with the offsets that the plan gives them, and an end marker behind them when the segment is to end.</summary>
    public static byte[] Assemble(
        LogTail tail, IReadOnlyList<PlannedAppend> appends, int stamp, bool endsSegment, long nowMs)
    {
        var marker = endsSegment ? Marker(ControlRecord.SegmentEnd, nowMs) : [];
        var block = new byte[appends.Sum(append => append.Append.Batch.Length) + marker.Length];
        var at = 0;
        var offset = tail.NextOffset;
        foreach (var (append, baseOffset, sequence) in appends)
        {
            var batch = block.AsSpan(at, append.Batch.Length);
            append.Batch.Span.CopyTo(batch);
            if (sequence is { } given)
            {
                RecordBatch.StampProducer(
                    batch, append.Header.ProducerId, append.Header.ProducerEpoch, given, append.Header.IsTransactional);
            }

            RecordBatch.Stamp(batch, baseOffset, stamp);
            at += append.Batch.Length;
            offset = baseOffset + append.Header.LastOffsetDelta + 1;
        }

        marker.CopyTo(block, at);
        if (marker.Length > 0)
        {
            RecordBatch.Stamp(block.AsSpan(at), offset, stamp);
        }

        return block;
    }

    /// <summary>A batch of ours that no consumer sees and that takes no offset.</summary>
    public static byte[] Marker(short controlType, long nowMs) =>
        RecordBatchBuilder.BuildControl(controlType, version: 0, value: [], timestampMs: nowMs);
}

/// <summary>When a segment ends. Pure; Kafka's rules for <c>segment.bytes</c> and <c>segment.ms</c>, and ours for blocks.</summary>
internal static class RollRule
{
    /// <summary>Whether the segment ends with the block that is about to be appended.</summary>
    public static bool Ends(LogTail tail, int blockBytes, long maxTimestamp, long segmentBytes, long segmentMs, int blocksRoll)
    {
        var firstTimestamp = tail.SegmentIsEmpty ? maxTimestamp : tail.FirstTimestamp;
        return tail.BlockCount + 1 >= blocksRoll
            || tail.Position + blockBytes >= segmentBytes
            || maxTimestamp - firstTimestamp > segmentMs;
    }
}
