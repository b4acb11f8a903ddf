namespace Serverless.Core.Records;

/// <summary>
/// Kafka's compression codecs, numbered as in a batch's attributes. Only <c>None</c> and <c>Gzip</c> can be read and
/// written.
/// </summary>
public enum CompressionType : byte
{
    None = 0,
    Gzip = 1,
    Snappy = 2,
    Lz4 = 3,
    Zstd = 4,
}
