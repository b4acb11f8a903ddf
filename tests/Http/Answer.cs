using System.Text;
using System.Text.Json.Nodes;

namespace Serverless.Http;

/// <summary>A reply, read to its end.</summary>
public sealed record Answer(int Status, string? ContentType, byte[] Body, ILookup<string, string> Headers)
{
    public string Text => Encoding.UTF8.GetString(Body);

    /// <summary>The body, which must be JSON.</summary>
    public JsonNode Node => JsonNode.Parse(Body) ?? throw new InvalidOperationException("The body is null.");

    /// <summary>The error's code; null when the body is no error.</summary>
    public int? ErrorCode => JsonNode.Parse(Body) is JsonObject error ? error["error_code"]?.GetValue<int>() : null;

    public string? Header(string name) => Headers[name].FirstOrDefault();

    /// <summary>Requires a status; the message shows what came instead.</summary>
    public Answer Must(int status)
    {
        Assert.True(Status == status, $"Expected {status}, got {Status}: {Text}");
        return this;
    }

    public static async Task<Answer> ReadAsync(HttpResponseMessage response) => new(
        (int)response.StatusCode,
        response.Content.Headers.ContentType?.ToString(),
        await response.Content.ReadAsByteArrayAsync(),
        response.Headers.Concat(response.Content.Headers).SelectMany(header => header.Value.Select(value => (header.Key, value)))
            .ToLookup(header => header.Key, header => header.value, StringComparer.OrdinalIgnoreCase));
}
