using System.Text.Json;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Template;
using Serverless.Functions.OpenApi;

namespace Serverless.Edge.OpenApi;

/// <summary>An operation of the document, with its path's parameters among its own, and all references to components followed.</summary>
internal sealed record ApiOperation(string Method, string Path, JsonElement Node, IReadOnlyList<JsonElement> Parameters)
{
    public string Id => Node.GetProperty("operationId").GetString()!;

    public JsonElement? RequestBody => Node.TryGetProperty("requestBody", out var body) ? ApiDocument.Followed(body) : null;

    /// <summary>The reply of a status, and what the document says of it here; null where it lists none.</summary>
    public (JsonElement Response, string Description)? Response(int status)
    {
        if (!Node.GetProperty("responses").TryGetProperty($"{status}", out var given))
        {
            return null;
        }

        // Words beside a reference stand for those of what it refers to.
        var response = ApiDocument.Followed(given);
        var said = given.TryGetProperty("description", out var own) ? own : response.GetProperty("description");
        return (response, said.GetString()!);
    }

    public override string ToString() => $"{Method} {Path} ({Id})";
}

/// <summary>The document that the service serves, to be looked into.</summary>
internal static class ApiDocument
{
    private static readonly string[] Methods = ["get", "put", "post", "delete", "patch", "head", "options", "trace"];

    public static JsonElement Root { get; } = JsonSerializer.SerializeToElement(OpenApiDocument.Whole());

    public static IReadOnlyList<ApiOperation> Operations { get; } =
    [
        .. from path in Root.GetProperty("paths").EnumerateObject()
           let shared = ParametersOf(path.Value)
           from member in path.Value.EnumerateObject()
           where Methods.Contains(member.Name)
           select new ApiOperation(
               member.Name.ToUpperInvariant(), path.Name, member.Value, [.. shared, .. ParametersOf(member.Value)]),
    ];

    private static readonly List<(ApiOperation Operation, TemplateMatcher Matcher)> Routes =
    [
        .. from operation in Operations
           let template = TemplateParser.Parse(operation.Path.TrimStart('/'))
           orderby RoutePrecedence.ComputeInbound(template)
           select (operation, new TemplateMatcher(template, [])),
    ];

    /// <summary>The operation of a request, and what stands for its path's parameters; null where there is none.</summary>
    public static (ApiOperation Operation, RouteValueDictionary Path)? Find(string method, string path)
    {
        foreach (var (operation, matcher) in Routes)
        {
            var values = new RouteValueDictionary();
            if (operation.Method == method && matcher.TryMatch(path, values))
            {
                return (operation, values);
            }
        }

        return null;
    }

    public static JsonElement Followed(JsonElement node)
    {
        while (node.TryGetProperty("$ref", out var reference))
        {
            node = reference.GetString()!.Split('/').Skip(1).Aggregate(Root, (at, name) => at.GetProperty(name));
        }

        return node;
    }

    /// <summary>Every media type of requests and replies, with the place that it is at.</summary>
    public static IEnumerable<(string Place, JsonElement Media)> MediaTypes()
    {
        foreach (var operation in Operations)
        {
            var bodies = operation.Node.GetProperty("responses").EnumerateObject()
                .Select(response => (response.Name, Body: (JsonElement?)Followed(response.Value)))
                .Append((Name: "request", Body: operation.RequestBody));
            foreach (var (name, body) in bodies)
            {
                if (body is { } known && known.TryGetProperty("content", out var content))
                {
                    foreach (var media in content.EnumerateObject())
                    {
                        yield return ($"{operation}, {name}, {media.Name}", media.Value);
                    }
                }
            }
        }
    }

    private static IEnumerable<JsonElement> ParametersOf(JsonElement node) =>
        node.TryGetProperty("parameters", out var parameters) ? parameters.EnumerateArray().Select(Followed) : [];
}
