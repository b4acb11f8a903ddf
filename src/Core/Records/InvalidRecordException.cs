namespace Serverless.Core.Records;

/// <summary>
/// A batch's bytes break a rule of the format behind a valid checksum: its writer was wrong, or is hostile.
/// </summary>
public sealed class InvalidRecordException(string rule, int position, Exception? inner = null)
    : Exception($"Invalid record at byte {position}: {rule}.", inner)
{
    /// <summary>The rule that is broken, in words.</summary>
    public string Rule { get; } = rule;

    /// <summary>
    /// Bytes from the start of what was read: of the batch; in a compressed batch, of its decompressed records; and of
    /// the run of batches where no whole batch could be told.
    /// </summary>
    public int Position { get; } = position;
}
