using System.IO.Compression;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Routing;
using Serverless.Functions.Http;
using Xunit.Sdk;

namespace Serverless.Edge.OpenApi;

/// <summary>Holds what a test sent and got against the document: what it does not list fails the test.</summary>
/// <remarks>A request is held against it where it was served: then the document must not be narrower than the service.</remarks>
internal static class ApiCheck
{
    // What every reply has, or the protocol's own.
    private static readonly string[] CommonHeaders =
        ["Content-Type", "Content-Length", "Cache-Control", "X-Content-Type-Options", "Date", "Server", "Transfer-Encoding"];

    // A client that has gone is told nothing.
    private const int ClientGone = 499;

    /// <returns>The operation that it was; null where the document has none for this path and method.</returns>
    public static ApiOperation? Verify(ApiExchange exchange)
    {
        if (ApiDocument.Find(exchange.IsHead ? "GET" : exchange.Method, exchange.Path) is not var (operation, path))
        {
            return null;
        }

        var complaint = exchange.Status == ClientGone ? null
            : Reply(operation, exchange)
            ?? (exchange.Status < 300 ? Parameters(operation, exchange, path) ?? Request(operation, exchange) : null);
        return complaint is null ? operation
            : throw new XunitException($"The OpenAPI document differs from {operation}, which answered {exchange.Status}: {complaint}");
    }

    private static string? Reply(ApiOperation operation, ApiExchange exchange)
    {
        var body = Encoding.UTF8.GetString(exchange.Got);
        if (operation.Response(exchange.Status) is not var (response, description))
        {
            return $"this status is not listed. The body: {body}";
        }

        if (Headers(response, exchange) is { } header)
        {
            return header;
        }

        if (!response.TryGetProperty("content", out var content))
        {
            return body.Length > 0 || exchange.ContentType is not null ? $"no body is listed. The body: {body}" : null;
        }

        if (exchange.ContentType is not { } type || !content.TryGetProperty(type, out var media))
        {
            return $"the type {exchange.ContentType ?? "(none)"} is not listed.";
        }

        return exchange.IsHead ? null
            : Values(media, exchange.Got) is { } complaint ? $"the body is not as the schema has it:\n{complaint}\n{body}"
            : exchange.Status >= 400 ? Code(description, exchange.Got)
            : null;
    }

    private static string? Headers(JsonElement response, ApiExchange exchange)
    {
        var listed = response.GetProperty("headers").EnumerateObject().ToList();
        var missing = listed.Find(header => ApiDocument.Followed(header.Value).TryGetProperty("required", out var required) && required.GetBoolean()
            && !exchange.GotHeaders.Contains(header.Name, StringComparer.OrdinalIgnoreCase));
        var unlisted = exchange.GotHeaders.Except([.. listed.Select(header => header.Name), .. CommonHeaders], StringComparer.OrdinalIgnoreCase);
        return missing.Value.ValueKind != JsonValueKind.Undefined ? $"the header {missing.Name} is missing."
            : unlisted.FirstOrDefault() is { } other ? $"the header {other} is not listed."
            : null;
    }

    // A code that no word tells of would be news to whoever has read the document.
    private static string? Code(string description, byte[] body)
    {
        using var error = JsonDocument.Parse(body);
        var code = error.RootElement.GetProperty("error_code").GetInt32();
        return Regex.IsMatch(description, $@"\b{code}\b") ? null : $"error_code {code} is not told of: {description}";
    }

    private static string? Parameters(ApiOperation operation, ApiExchange exchange, RouteValueDictionary path)
    {
        var given = path.Select(pair => (In: "path", Name: pair.Key, Value: pair.Value?.ToString() ?? ""))
            .Concat(exchange.Query.Select(pair => (In: "query", Name: pair.Key, pair.Value)));
        foreach (var (place, name, value) in given)
        {
            var known = operation.Parameters.Where(parameter =>
                parameter.GetProperty("in").GetString() == place && parameter.GetProperty("name").GetString() == name).ToList();
            if (known is not [var parameter])
            {
                return $"the {place} parameter {name} is not listed.";
            }

            if (ApiSchemas.Complaint(parameter.GetProperty("schema"), Parameter(parameter, value)) is { } complaint)
            {
                return $"the {place} parameter {name} is not as its schema has it, but was taken: {value}\n{complaint}";
            }
        }

        var missing = operation.Parameters.FirstOrDefault(parameter =>
            parameter.TryGetProperty("required", out var required) && required.GetBoolean()
            && parameter.GetProperty("name").GetString() is { } name
            && !path.ContainsKey(name) && !exchange.Query.ContainsKey(name) && !exchange.SentHeaders.Contains(name));
        return missing.ValueKind == JsonValueKind.Undefined ? null
            : $"the parameter {missing.GetProperty("name")} is required, but nobody missed it.";
    }

    // A number is one where the schema wants one.
    private static JsonElement Parameter(JsonElement parameter, string value)
    {
        var schema = ApiDocument.Followed(parameter.GetProperty("schema"));
        var isNumber = schema.TryGetProperty("type", out var type) && type.GetString() == "integer" && long.TryParse(value, out _);
        return isNumber ? JsonDocument.Parse(value).RootElement : JsonSerializer.SerializeToElement(value);
    }

    private static string? Request(ApiOperation operation, ApiExchange exchange)
    {
        if (exchange.Sent is not { } sent || operation.RequestBody is not { } known)
        {
            return null;
        }

        var body = exchange.SentHeaders.Contains("Content-Encoding") ? Unzipped(sent) : sent;
        if (body.AsSpan().IndexOfAnyExcept(" \t\r\n"u8) < 0)
        {
            return known.TryGetProperty("required", out var required) && required.GetBoolean() ? "a body is required, but nobody missed it." : null;
        }

        var type = MediaType.TryParse(exchange.SentHeaders["Content-Type"].FirstOrDefault(), out var parsed) ? parsed.Name : "(none)";
        var content = known.GetProperty("content");

        // All of v2's types are taken for this one where no records are produced, and so is none.
        return !content.TryGetProperty(type, out var media) && !content.TryGetProperty(MediaType.V2, out media) ? $"the type {type} is not listed."
            : Values(media, body) is { } complaint ? $"the request's body is not as the schema has it, but was taken:\n{complaint}"
            : null;
    }

    // Several values after each other where the document says so: in OpenAPI 3.1 there is no word for that.
    private static string? Values(JsonElement media, byte[] body)
    {
        var isSequence = media.TryGetProperty("x-sequence", out var sequence) && sequence.GetBoolean();
        var reader = new Utf8JsonReader(body, new JsonReaderOptions { AllowMultipleValues = isSequence, MaxDepth = 512 });
        try
        {
            while (reader.Read())
            {
                using var value = JsonDocument.ParseValue(ref reader);
                if (ApiSchemas.Complaint(media.GetProperty("schema"), value.RootElement) is { } complaint)
                {
                    return complaint;
                }
            }
        }
        catch (JsonException broken)
        {
            return broken.Message;
        }

        return null;
    }

    private static byte[] Unzipped(byte[] body)
    {
        using var stream = new GZipStream(new MemoryStream(body), CompressionMode.Decompress);
        var whole = new MemoryStream();
        stream.CopyTo(whole);
        return whole.ToArray();
    }
}
