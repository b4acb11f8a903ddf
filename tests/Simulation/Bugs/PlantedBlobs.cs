using Serverless.Core.Records;
using Serverless.Core.Storage;

namespace Serverless.Simulation.Bugs;

/// <summary>The blob port, with a mistake between it and the log.</summary>
internal sealed class PlantedBlobs(IBlobStore blobs, PlantedBug bug) : IBlobStore
{
    private readonly HashSet<(string, long)> _disowned = [];
    private readonly Dictionary<string, long> _next = new(StringComparer.Ordinal);

    public async ValueTask<CreateOutcome> CreateAsync(string name, CancellationToken cancellationToken)
    {
        var outcome = await blobs.CreateAsync(name, cancellationToken);
        if (bug == PlantedBug.CreateTruncates && outcome == CreateOutcome.Exists)
        {
            var page = await blobs.ListAsync(name, null, 1, cancellationToken);
            await blobs.DeleteAsync(name, page.Items[0].ETag, cancellationToken);
            return await blobs.CreateAsync(name, cancellationToken);
        }

        return outcome;
    }

    public async ValueTask<AppendResult> AppendAsync(
        string name, long position, ReadOnlyMemory<byte> block, CancellationToken cancellationToken)
    {
        if (bug == PlantedBug.LogStaysOpen && EndsWith(block.Span, ControlRecord.TopicClosed))
        {
            return new AppendResult(AppendOutcome.Appended, 1);
        }

        if (bug == PlantedBug.RollWithoutMarker && EndsWith(block.Span, ControlRecord.SegmentEnd))
        {
            var markerAt = LastBatch(block.Span);
            if (markerAt > 0)
            {
                block = block[..markerAt];
            }
        }

        if (bug == PlantedBug.StaleBaseOffset)
        {
            block = Restamped(name, block);
        }

        var result = await blobs.AppendAsync(name, position, block, cancellationToken);
        switch (bug, result.Outcome)
        {
            case (PlantedBug.StaleBaseOffset, AppendOutcome.Appended):
                _next[name] = Next(block.Span);
                break;

            case (PlantedBug.BlindRetry, AppendOutcome.Unknown) or (PlantedBug.RefusalMeansLost, AppendOutcome.PositionTaken):
                _disowned.Add((name, position));
                break;

            case (PlantedBug.AckWithoutEffect, AppendOutcome.Unknown):
                return new AppendResult(AppendOutcome.Appended, 1);

            case (PlantedBug.NeverAnswers, AppendOutcome.PositionTaken):
                await new TaskCompletionSource().Task;
                break;

            case (PlantedBug.NoAppendCondition, AppendOutcome.PositionTaken):
                var all = await blobs.ReadAsync(name, 0, 1 << 24, cancellationToken);
                return await blobs.AppendAsync(name, all.Bytes.Length, block, cancellationToken);
        }

        return result;
    }

    public async ValueTask<BlobRead> ReadAsync(
        string name, long position, int bytesMax, CancellationToken cancellationToken)
    {
        var read = await blobs.ReadAsync(name, position, bytesMax, cancellationToken);
        if (bug == PlantedBug.LeavesThread)
        {
            await Task.Run(() => { }, cancellationToken);
        }

        if (_disowned.Contains((name, position)) && read.Bytes.Length >= RecordBatchHeader.Size)
        {
            // Our own block no longer looks like ours: its writer's stamp is outside of the checksum.
            var bytes = read.Bytes.ToArray();
            bytes[12] ^= 0x55;
            return read with { Bytes = bytes };
        }

        return read;
    }

    public async ValueTask<BlobPage> ListAsync(
        string prefix, string? continuation, int take, CancellationToken cancellationToken)
    {
        var page = await blobs.ListAsync(prefix, continuation, take, cancellationToken);
        if (bug == PlantedBug.RemovesBeforeStartMoves && page.Items.Count > 1)
        {
            await blobs.DeleteAsync(page.Items[^2].Name, page.Items[^2].ETag, cancellationToken);
        }

        return page;
    }

    public async ValueTask<DeleteOutcome> DeleteAsync(string name, string etag, CancellationToken cancellationToken)
    {
        if (bug == PlantedBug.RemovesNothing)
        {
            return DeleteOutcome.Deleted;
        }

        var outcome = await blobs.DeleteAsync(name, etag, cancellationToken);
        if (bug == PlantedBug.RemovesLiveSegment)
        {
            var page = await blobs.ListAsync(name[..(name.LastIndexOf('/') + 1)], null, 5_000, cancellationToken);
            if (page.Items.Count > 0)
            {
                await blobs.DeleteAsync(page.Items[^1].Name, page.Items[^1].ETag, cancellationToken);
            }
        }

        return outcome;
    }

    private byte[] Restamped(string name, ReadOnlyMemory<byte> block)
    {
        var bytes = block.ToArray();
        var at = 0;
        if (!_next.TryGetValue(name, out var offset))
        {
            return bytes;
        }

        while (RecordBatchHeader.TryRead(bytes.AsSpan(at), out var header))
        {
            RecordBatch.Stamp(bytes.AsSpan(at, header.SizeInBytes), offset, header.PartitionLeaderEpoch);
            offset += header.IsControl ? 0 : header.LastOffsetDelta + 1;
            at += header.SizeInBytes;
        }

        return bytes;
    }

    private static long Next(ReadOnlySpan<byte> block)
    {
        var next = 0L;
        var walk = new RecordBatchReader(block);
        while (walk.TryRead(out var header, out _))
        {
            next = header.IsControl ? header.BaseOffset : header.NextOffset;
        }

        return next;
    }

    private static int LastBatch(ReadOnlySpan<byte> block)
    {
        int last = 0, at = 0;
        while (RecordBatchHeader.TryRead(block[at..], out var header))
        {
            last = at;
            at += header.SizeInBytes;
        }

        return last;
    }

    private static bool EndsWith(ReadOnlySpan<byte> block, short controlType)
    {
        var last = block[LastBatch(block)..];
        return RecordBatchHeader.TryRead(last, out var header) && header.IsControl
            && ControlRecord.TryReadType(last, out var type) && type == controlType;
    }
}
