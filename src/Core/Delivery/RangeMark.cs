using System.Buffers;
using System.Text;
using System.Text.Json;
using Serverless.Core.Groups;

namespace Serverless.Core.Delivery;

/// <summary>A range that was fixed before it was sent, and how far its attempts have come: the metadata of the group's commit.</summary>
/// <remarks>
/// It stands beside the offset that it begins at, in the partition's row. So whoever goes on finds both or neither, and sends that very
/// range under that very key. Other metadata, an operator's say, is no range: then a new one is fixed. Names in quotes are stored.
/// </remarks>
/// <param name="From">The first offset of the range; it stays, even where retention has passed it.</param>
/// <param name="To">The offset behind its last record.</param>
public sealed record RangeMark(long From, long To)
{
    private const int ErrorCharsMax = 200;

    /// <summary>Attempts that failed, as far as anybody could write it down.</summary>
    public int Attempts { get; init; }

    /// <summary>When the first of them failed, by the storage service's clock.</summary>
    public DateTimeOffset? FirstAt { get; init; }

    /// <summary>Not to be tried before that, by the storage service's clock.</summary>
    public DateTimeOffset? Due { get; init; }

    /// <summary>What was wrong last.</summary>
    public string? Error { get; init; }

    /// <summary>The range after a failure.</summary>
    public RangeMark Failed(string error, DateTimeOffset now, TimeSpan pause) => this with
    {
        Attempts = Attempts + 1,
        FirstAt = FirstAt ?? now,
        Due = now + pause,
        Error = error.Length <= ErrorCharsMax ? error : error[..ErrorCharsMax],
    };

    public string Encode()
    {
        var buffer = new ArrayBufferWriter<byte>(128);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteStartObject("delivery"u8);
            json.WriteNumber("from"u8, From);
            json.WriteNumber("to"u8, To);
            if (Attempts > 0)
            {
                json.WriteNumber("attempts"u8, Attempts);
                json.WriteNumber("first_ms"u8, FirstAt!.Value.ToUnixTimeMilliseconds());
                json.WriteNumber("due_ms"u8, Due!.Value.ToUnixTimeMilliseconds());
                json.WriteString("error"u8, Error);
            }

            json.WriteEndObject();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <summary>The range that a partition stands at; null where none is fixed.</summary>
    public static RangeMark? Of(OffsetMark mark)
    {
        if (!mark.Metadata.StartsWith("""{"delivery":""", StringComparison.Ordinal))
        {
            return null;
        }

        try
        {
            using var json = JsonDocument.Parse(mark.Metadata);
            var stored = json.RootElement.GetProperty("delivery"u8);
            var range = new RangeMark(stored.GetProperty("from"u8).GetInt64(), stored.GetProperty("to"u8).GetInt64());
            if (stored.TryGetProperty("attempts"u8, out var attempts))
            {
                range = range with
                {
                    Attempts = attempts.GetInt32(),
                    FirstAt = DateTimeOffset.FromUnixTimeMilliseconds(stored.GetProperty("first_ms"u8).GetInt64()),
                    Due = DateTimeOffset.FromUnixTimeMilliseconds(stored.GetProperty("due_ms"u8).GetInt64()),
                    Error = stored.GetProperty("error"u8).GetString(),
                };
            }

            return range.From <= mark.Offset && mark.Offset < range.To && range.Attempts >= 0 ? range : null;
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException
            or ArgumentOutOfRangeException)
        {
            // Anybody may commit metadata of his own.
            return null;
        }
    }
}
