using System.Buffers;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Serverless.Functions.Http;

namespace Serverless.Functions.OpenApi;

/// <summary>The OpenAPI document of the HTTP interface, as it is served: with the address that the client reached us by.</summary>
/// <remarks>Made when it is first asked for: most instances never are, and none should start later for it.</remarks>
public sealed class OpenApiDocument
{
    private readonly Lazy<JsonElement> _whole = new(() => JsonSerializer.SerializeToElement(Whole()));

    // Nearly all who ask use one address.
    private Served? _last;

    /// <summary>The document without any server, for those who look into it.</summary>
    internal static JsonObject Whole()
    {
        var document = DocumentParts.Join();
        CommonRules.Apply(document);
        return document;
    }

    /// <summary>The document as JSON, and a validator that changes whenever the document does.</summary>
    internal Served For(string baseUrl) => _last is { } last && last.BaseUrl == baseUrl ? last : _last = Write(baseUrl);

    private Served Write(string baseUrl)
    {
        var body = new ArrayBufferWriter<byte>(256 * 1024);
        using (var json = Reply.Writer(body))
        {
            json.WriteStartObject();
            foreach (var member in _whole.Value.EnumerateObject())
            {
                member.WriteTo(json);
                if (member.NameEquals("info"u8))
                {
                    WriteServer(json, baseUrl);
                }
            }

            json.WriteEndObject();
        }

        return new(baseUrl, body.WrittenMemory, $"\"{Convert.ToHexStringLower(SHA256.HashData(body.WrittenSpan).AsSpan(0, 8))}\"");
    }

    private static void WriteServer(Utf8JsonWriter json, string baseUrl)
    {
        json.WriteStartArray("servers"u8);
        json.WriteStartObject();
        json.WriteString("url"u8, baseUrl);
        json.WriteEndObject();
        json.WriteEndArray();
    }

    internal sealed record Served(string BaseUrl, ReadOnlyMemory<byte> Body, string ETag);
}
