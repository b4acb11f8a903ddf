using Serverless.Core.Records;

namespace Serverless.Core.Log;

/// <summary>Which whole batches of some bytes answer a fetch. Pure.</summary>
internal static class FetchPlan
{
    /// <summary>
    /// From the batch that holds <paramref name="offset"/> to before the one that would pass <paramref name="bytesMax"/>;
    /// the first comes whatever its size. The bytes hold whole batches, checked before.
    /// </summary>
    public static FetchCut Cut(ReadOnlySpan<byte> bytes, long offset, int bytesMax)
    {
        int from = -1, at = 0;
        var next = offset;
        while (at < bytes.Length && RecordBatchHeader.TryRead(bytes[at..], out var header)
            && header.SizeInBytes <= bytes.Length - at)
        {
            if (from >= 0 && at + header.SizeInBytes - from > bytesMax)
            {
                break;
            }

            // The markers that are ours take no offset: what follows them has theirs.
            var end = at + header.SizeInBytes;
            var behind = IsMarker(bytes, end, header) ? header.BaseOffset : header.NextOffset;
            if (from < 0 && behind > offset)
            {
                from = at;
            }

            at = end;
            next = Math.Max(next, behind);
        }

        return from < 0 ? new FetchCut(0, 0, offset) : new FetchCut(from, at, next);
    }

    public static bool IsMarker(ReadOnlySpan<byte> bytes, int end, in RecordBatchHeader header) =>
        header.IsControl
        && ControlRecord.TryReadType(bytes[(end - header.SizeInBytes)..end], out var type)
        && type is ControlRecord.SegmentEnd or ControlRecord.TopicClosed;
}

/// <summary>The bytes from <c>Start</c> to <c>End</c> (exclusive) answer; <c>NextOffset</c> is the offset behind them.</summary>
internal readonly record struct FetchCut(int Start, int End, long NextOffset);
