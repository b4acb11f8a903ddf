namespace Serverless.Core.Records;

/// <summary>A record's header to be written. Keys may repeat and be empty; a null value is not an empty one.</summary>
public readonly record struct RecordHeader(string Key, ReadOnlyMemory<byte>? Value);
