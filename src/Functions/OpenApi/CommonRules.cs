using System.Text.Json.Nodes;

namespace Serverless.Functions.OpenApi;

/// <summary>What holds for every operation, put into each of them here, so that no file has to say it eighty times.</summary>
/// <remarks>
/// <list type="bullet">
/// <item>Replies that any request may get, those that only a caller who must show who he is may get, and those that a body may get.
/// An operation that has its own words for a status keeps them.</item>
/// <item>The correlation id, in requests and in replies.</item>
/// <item>v2 bodies, which are plain JSON too where a client says so.</item>
/// </list>
/// </remarks>
internal static class CommonRules
{
    private const string V2 = Http.MediaType.V2, Plain = Http.MediaType.PlainJson;

    private static readonly (string Status, string Response)[] Always =
        [("400", "Malformed"), ("406", "NotAcceptable"), ("500", "Failed")];

    private static readonly (string Status, string Response)[] WhereCallersAreAsked =
        [("401", "Unauthenticated"), ("403", "Forbidden"), ("429", "TooManyRequests"), ("503", "IssuerAway")];

    private static readonly (string Status, string Response)[] WithBody =
        [("408", "BodyTimeout"), ("413", "TooLarge"), ("415", "UnsupportedMediaType"), ("422", "Invalid")];

    // A path item has other fields too.
    private static readonly string[] Methods = ["get", "put", "post", "delete", "patch"];

    // Neither v2's nor below /v3, but written as v3 is.
    private static readonly string[] PlainPaths = ["/openapi.json", "/deliveries/workers"];

    public static void Apply(JsonObject document)
    {
        foreach (var (path, item) in document["paths"]!.AsObject())
        {
            foreach (var (method, operation) in item!.AsObject())
            {
                if (Methods.Contains(method))
                {
                    Apply(operation!.AsObject(), IsPlain(path));
                }
            }
        }

        foreach (var (_, response) in document["components"]!["responses"]!.AsObject())
        {
            AddCorrelation(response!.AsObject());
        }
    }

    /// <summary>Whether a path's errors are plain JSON whatever is accepted, as v3's are.</summary>
    public static bool IsPlain(string path) => path.StartsWith("/v3/", StringComparison.Ordinal) || PlainPaths.Contains(path);

    private static void Apply(JsonObject operation, bool isPlain)
    {
        operation["parameters"] ??= new JsonArray();
        operation["parameters"]!.AsArray().Add(Reference("parameters", "CorrelationId"));

        var responses = operation["responses"]!.AsObject();
        foreach (var (_, response) in responses)
        {
            AddCorrelation(response!.AsObject());
            AddPlain(response["content"], isPlain);
        }

        AddPlain(operation["requestBody"]?["content"], isPlain);
        Add(responses, Always, isPlain);
        Add(responses, operation["security"] is JsonArray { Count: 0 } ? [] : WhereCallersAreAsked, isPlain);
        Add(responses, operation["requestBody"] is null ? [] : WithBody, isPlain);
    }

    private static void Add(JsonObject responses, (string Status, string Response)[] common, bool isPlain)
    {
        foreach (var (status, response) in common)
        {
            if (!responses.ContainsKey(status))
            {
                responses[status] = Reference("responses", isPlain ? $"V3{response}" : response);
            }
        }
    }

    private static void AddCorrelation(JsonObject response)
    {
        if (!response.ContainsKey("$ref"))
        {
            response["headers"] ??= new JsonObject();
            response["headers"]![Http.HttpEdge.CorrelationHeader] = Reference("headers", "CorrelationId");
        }
    }

    private static void AddPlain(JsonNode? content, bool isPlain)
    {
        if (!isPlain && content?[V2]?["schema"] is { } schema && content[Plain] is null)
        {
            content[Plain] = new JsonObject { ["schema"] = schema.DeepClone() };
        }
    }

    private static JsonObject Reference(string kind, string name) => new() { ["$ref"] = $"#/components/{kind}/{name}" };
}
