using Serverless.Core.Records;

namespace Serverless.Simulation.Storage;

/// <summary>Names as a history can bear them: of a topic's id the first four characters.</summary>
internal static class Short
{
    public static string Blob(string name)
    {
        var parts = name.Split('/');
        return string.Join('/', parts.Select((part, index) => index == 0 ? Id(part) : part.TrimStart('0') is "" ? "0" : part.TrimStart('0')));
    }

    public static string Key(string partition) =>
        partition.IndexOf('|', StringComparison.Ordinal) is var bar and > 4 ? partition[..4] + partition[bar..] : partition;

    public static string Id(string topicId) => topicId.Length > 4 ? topicId[..4] : topicId;

    /// <summary>The offsets of some batches, and <c>end</c> for a marker.</summary>
    public static string Batches(ReadOnlySpan<byte> bytes)
    {
        var text = new List<string>();
        var walk = new RecordBatchReader(bytes);
        while (walk.TryRead(out var header, out _))
        {
            text.Add(header.IsControl ? "end" : $"{header.BaseOffset}+{header.RecordCount}");
        }

        return string.Join(' ', text);
    }
}
