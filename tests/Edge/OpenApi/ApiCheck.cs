using System.IO.Compression;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Serverless.Edge.Fakes;
using Serverless.Functions.Http;
using Xunit.Sdk;

namespace Serverless.Edge.OpenApi;

/// <summary>Holds what a test sent and got against the document: what it does not list fails the test.</summary>
/// <remarks>A request is held against it where it was served: then the document must not be narrower than the service.</remarks>
internal static class ApiCheck
{
    // What every reply has, or the protocol's own.
    private static readonly string[] CommonHeaders = ["Content-Type", "Content-Length", "Cache-Control", "X-Content-Type-Options"];

    // A client that has gone is told nothing.
    private const int ClientGone = 499;

    /// <param name="template">The route of the function that answered.</param>
    /// <param name="body">What was sent; null where a test cannot say.</param>
    /// <returns>The operation that it was.</returns>
    public static ApiOperation Verify(string template, HttpRequest request, RouteValueDictionary path, byte[]? body, Answer answer)
    {
        var method = HttpMethods.IsHead(request.Method) ? "GET" : request.Method;
        var operation = ApiDocument.Operations.FirstOrDefault(known => known.Method == method && known.Path == $"/{template}")
            ?? throw new XunitException($"The OpenAPI document has no {method} /{template}.");
        if (answer.Status == ClientGone)
        {
            return operation;
        }

        var complaint = Reply(operation, answer, HttpMethods.IsHead(request.Method))
            ?? (answer.Status < 300 ? Parameters(operation, request, path) ?? Request(operation, request, body) : null);
        if (complaint is not null)
        {
            throw new XunitException($"The OpenAPI document differs from {operation}, which answered {answer.Status}: {complaint}");
        }

        return operation;
    }

    private static string? Reply(ApiOperation operation, Answer answer, bool isHead)
    {
        if (operation.Response(answer.Status) is not var (response, description))
        {
            return $"this status is not listed. The body: {answer.Body}";
        }

        var headers = response.TryGetProperty("headers", out var listed) ? [.. listed.EnumerateObject().Select(header => header.Name)] : Array.Empty<string>();
        if (answer.Headers.Keys.Except([.. headers, .. CommonHeaders], StringComparer.OrdinalIgnoreCase).FirstOrDefault() is { } unlisted)
        {
            return $"the header {unlisted} is not listed.";
        }

        if (!response.TryGetProperty("content", out var content))
        {
            return answer.Body.Length > 0 || answer.ContentType is not null ? $"no body is listed. The body: {answer.Body}" : null;
        }

        if (answer.ContentType is not { } type || !content.TryGetProperty(type, out var media))
        {
            return $"the type {answer.ContentType ?? "(none)"} is not listed.";
        }

        return isHead ? null
            : Values(media, Encoding.UTF8.GetBytes(answer.Body)) is { } complaint ? $"the body is not as the schema has it:\n{complaint}\n{answer.Body}"
            : answer.Status >= 400 && !Regex.IsMatch(description, $@"\b{answer.ErrorCode}\b") ? $"error_code {answer.ErrorCode} is not told of: {description}"
            : null;
    }

    private static string? Parameters(ApiOperation operation, HttpRequest request, RouteValueDictionary path)
    {
        var given = path.Select(pair => (In: "path", Name: pair.Key, Value: pair.Value?.ToString() ?? ""))
            .Concat(request.Query.Where(pair => pair.Key != "code").Select(pair => (In: "query", Name: pair.Key, Value: pair.Value.ToString())));
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

        var sent = request.Headers.Keys.Concat(request.Query.Keys).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var missing = operation.Parameters.FirstOrDefault(parameter => parameter.GetProperty("in").GetString() != "path"
            && parameter.TryGetProperty("required", out var required) && required.GetBoolean() && !sent.Contains(parameter.GetProperty("name").GetString()!));
        return missing.ValueKind == JsonValueKind.Undefined ? null : $"the parameter {missing.GetProperty("name")} is required, but was not sent.";
    }

    // A number is one where the schema wants one.
    private static JsonElement Parameter(JsonElement parameter, string value)
    {
        var schema = ApiDocument.Followed(parameter.GetProperty("schema"));
        var isNumber = schema.TryGetProperty("type", out var type) && type.GetString() == "integer" && long.TryParse(value, out _);
        return isNumber ? JsonDocument.Parse(value).RootElement : JsonSerializer.SerializeToElement(Uri.UnescapeDataString(value));
    }

    private static string? Request(ApiOperation operation, HttpRequest request, byte[]? sent)
    {
        if (sent is null || operation.RequestBody is not { } known)
        {
            return null;
        }

        var body = request.Headers.ContentEncoding.Count > 0 ? Unzipped(sent) : sent;
        if (body.AsSpan().IndexOfAnyExcept(" \t\r\n"u8) < 0)
        {
            return known.TryGetProperty("required", out var required) && required.GetBoolean() ? "a body is required, but none was wanted." : null;
        }

        var type = MediaType.OfRequest(request)?.Name;
        var content = known.GetProperty("content");
        if (type is null || !content.TryGetProperty(type, out var media))
        {
            // All of v2's types are taken for this one where no records are produced, and so is none.
            if (!content.TryGetProperty(MediaType.V2, out media))
            {
                return $"the type {type ?? "(none)"} is not listed.";
            }
        }

        return Values(media, body) is { } complaint ? $"the request's body is not as the schema has it, but was taken:\n{complaint}" : null;
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
