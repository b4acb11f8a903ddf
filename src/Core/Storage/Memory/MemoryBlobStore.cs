namespace Serverless.Core.Storage.Memory;

/// <summary>The reference for <see cref="IBlobStore"/>: what Azure does, in one process, without chance or failure.</summary>
/// <remarks>Any number of threads may call it. Calls complete before they return, so a simulated thread never waits.</remarks>
/// <param name="clock">The service's clock.</param>
/// <param name="blocksMax">Blocks that a blob takes; fewer than Azure's to reach the limit in a test.</param>
public sealed class MemoryBlobStore(TimeProvider clock, int blocksMax = StorageRules.BlocksMax) : IBlobStore
{
    private readonly Lock _gate = new();
    private readonly ServiceClock _clock = new(clock);
    private readonly OrdinalMap<Blob> _blobs = new();
    private long _writes;

    private sealed class Blob
    {
        public byte[] Bytes = [];
        public int Size;
        public int Blocks;
        public required string ETag;
        public DateTimeOffset LastModified;
    }

    public ValueTask<CreateOutcome> CreateAsync(string name, CancellationToken cancellationToken)
    {
        StorageRules.BlobName(name);
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            if (_blobs.TryGet(name, out _))
            {
                return new(CreateOutcome.Exists);
            }

            _blobs.Set(name, new Blob { ETag = NewETag_NeedsGate(), LastModified = _clock.Now() });
            return new(CreateOutcome.Created);
        }
    }

    public ValueTask<AppendResult> AppendAsync(
        string name, long position, ReadOnlyMemory<byte> block, CancellationToken cancellationToken)
    {
        StorageRules.Append(name, position, block);
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            if (!_blobs.TryGet(name, out var blob))
            {
                return new(new AppendResult(AppendOutcome.Missing));
            }

            // Before the position, as the emulator does: a stale writer of a full blob learns that it is full.
            if (blob.Blocks >= blocksMax)
            {
                return new(new AppendResult(AppendOutcome.BlockLimit));
            }

            if (blob.Size != position)
            {
                return new(new AppendResult(AppendOutcome.PositionTaken));
            }

            Write_NeedsGate(blob, block.Span);
            return new(new AppendResult(AppendOutcome.Appended, blob.Blocks));
        }
    }

    public ValueTask<BlobRead> ReadAsync(string name, long position, int bytesMax, CancellationToken cancellationToken)
    {
        StorageRules.Read(name, position, bytesMax);
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            if (!_blobs.TryGet(name, out var blob))
            {
                return new(new BlobRead(false, default, null));
            }

            // A copy: what a reader holds must not be the store's own memory.
            var length = (int)Math.Clamp(blob.Size - position, 0, bytesMax);
            var bytes = length == 0 ? [] : blob.Bytes.AsSpan((int)position, length).ToArray();
            return new(new BlobRead(true, bytes, blob.Blocks));
        }
    }

    public ValueTask<BlobPage> ListAsync(
        string prefix, string? continuation, int take, CancellationToken cancellationToken)
    {
        StorageRules.List(prefix, take);
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            // A continuation is the name that the next page begins with, or the next after it if that is gone by then.
            var index = _blobs.LowerBound(continuation ?? prefix);
            var items = new List<BlobItem>();
            while (index < _blobs.Count && _blobs.KeyAt(index).StartsWith(prefix, StringComparison.Ordinal))
            {
                if (items.Count == take)
                {
                    return new(new BlobPage(items, _blobs.KeyAt(index)));
                }

                var blob = _blobs.ValueAt(index);
                items.Add(new BlobItem(_blobs.KeyAt(index), blob.Size, blob.ETag, blob.LastModified));
                index++;
            }

            return new(new BlobPage(items, null));
        }
    }

    public ValueTask<DeleteOutcome> DeleteAsync(string name, string etag, CancellationToken cancellationToken)
    {
        StorageRules.Delete(name, etag);
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            if (!_blobs.TryGet(name, out var blob))
            {
                return new(DeleteOutcome.Missing);
            }

            if (blob.ETag != etag)
            {
                return new(DeleteOutcome.Changed);
            }

            _blobs.Remove(name);
            return new(DeleteOutcome.Deleted);
        }
    }

    private void Write_NeedsGate(Blob blob, ReadOnlySpan<byte> block)
    {
        var size = checked(blob.Size + block.Length);
        if (size > blob.Bytes.Length)
        {
            Array.Resize(ref blob.Bytes, Math.Max(size, (int)Math.Min(2L * blob.Bytes.Length, Array.MaxLength)));
        }

        block.CopyTo(blob.Bytes.AsSpan(blob.Size));
        blob.Size = size;
        blob.Blocks++;
        blob.ETag = NewETag_NeedsGate();
        blob.LastModified = _clock.Now();
    }

    private string NewETag_NeedsGate() => $"\"0x{++_writes:X}\"";
}
