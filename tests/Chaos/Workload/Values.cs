using System.Globalization;
using System.IO.Hashing;
using System.Text;
using System.Text.Json;
using Serverless.Chaos.History;

namespace Serverless.Chaos.Workload;

/// <summary>Values that tell who sent them, and whether they are whole: <c>name filling checksum</c>.</summary>
internal static class Values
{
    /// <summary>What is sent for a name, which stands for it in the history.</summary>
    public static string Of(string name, int filling)
    {
        var text = $"{name} {new string('.', filling)}";
        return string.Create(CultureInfo.InvariantCulture, $"{text} {Checksum(text):x8}");
    }

    /// <summary>The name of a value that came back; null where it is none that was sent.</summary>
    public static string? NameOf(string? value)
    {
        var end = value?.LastIndexOf(' ') ?? -1;
        return end > 0 && uint.TryParse(value.AsSpan(end + 1), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var checksum)
            && checksum == Checksum(value![..end])
            ? value[..value.IndexOf(' ', StringComparison.Ordinal)]
            : null;
    }

    /// <summary>The records of a reply to a poll or a read.</summary>
    public static IReadOnlyList<Seen> Records(Reply reply) => reply.Outcome != Outcome.Ok
        ? []
        : [.. reply.Body.EnumerateArray().Select(record => new Seen(
            AtOf(record),
            record.GetProperty("offset").GetInt64(),
            record.GetProperty("value") is { ValueKind: JsonValueKind.String } value ? NameOf(value.GetString()) : null,
            record.GetProperty("timestamp").GetInt64()))];

    public static At AtOf(JsonElement entry) => new(entry.GetProperty("topic").GetString()!, entry.GetProperty("partition").GetInt32());

    private static uint Checksum(string text) => Crc32.HashToUInt32(Encoding.UTF8.GetBytes(text));
}
