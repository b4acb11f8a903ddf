namespace Serverless.Core;

/// <summary>Stored bytes broke a rule of the format. Reading stops here, with the place, and never skips.</summary>
public sealed class CorruptLogException(string blob, long position, string rule)
    : Exception($"Corrupt log at byte {position} of {blob}: {rule}.")
{
    public string Blob { get; } = blob;

    /// <summary>Bytes from the start of the blob.</summary>
    public long Position { get; } = position;
}
