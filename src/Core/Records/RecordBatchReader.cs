namespace Serverless.Core.Records;

/// <summary>
/// Walks batches that lie back to back, as in a segment or a fetch, and stops where no whole one is left.
/// </summary>
/// <remarks>Checksums are not looked at: whoever reads from storage calls <see cref="RecordBatch.Check"/>.</remarks>
public ref struct RecordBatchReader(ReadOnlySpan<byte> batches)
{
    private readonly ReadOnlySpan<byte> _batches = batches;

    /// <summary>Bytes of the batches read so far: where the next one begins.</summary>
    public int Position { get; private set; }

    /// <summary>The next whole batch; false at the end, and where only a part of one is left.</summary>
    /// <exception cref="InvalidRecordException">What comes next is not the header of a batch.</exception>
    public bool TryRead(out RecordBatchHeader header, out ReadOnlySpan<byte> batch)
    {
        var rest = _batches[Position..];
        batch = default;
        if (!RecordBatchHeader.TryRead(rest, out header))
        {
            return false;
        }

        // To end here in silence would leave out whatever follows.
        if (RecordBatch.BrokenRule(header) is { } rule)
        {
            throw new InvalidRecordException(rule, Position);
        }

        if (rest.Length < header.SizeInBytes)
        {
            return false;
        }

        batch = rest[..header.SizeInBytes];
        Position += batch.Length;
        return true;
    }
}
