using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Routing.Template;
using Microsoft.Azure.Functions.Worker;
using Serverless.Edge.Access;
using Serverless.Functions;
using Serverless.Functions.OpenApi;
using Xunit;

namespace Serverless.Edge.OpenApi;

/// <summary>The document describes every function and nothing else, and is sound in itself.</summary>
public sealed class DocumentTests
{
    // The catch-all has no path of its own, but for the root.
    private const string CatchAll = "{*path}", Root = "/";

    private sealed record Route(string Name, string Template, string[] Methods);

    private static readonly List<Route> Routes =
    [
        .. from type in typeof(ServiceRegistration).Assembly.GetTypes()
           from method in type.GetMethods()
           let name = method.GetCustomAttribute<FunctionAttribute>()?.Name
           let trigger = method.GetParameters().Select(p => p.GetCustomAttribute<HttpTriggerAttribute>()).FirstOrDefault(t => t is not null)
           where name is not null && trigger is { Route: not null and not CatchAll }
           select new Route(name, $"/{trigger.Route}", [.. trigger.Methods!.Select(method => method.ToUpperInvariant())]),
    ];

    private static IEnumerable<ApiOperation> Described => ApiDocument.Operations.Where(operation => operation.Path != Root);

    [Fact]
    public void Every_function_is_described_under_its_route_and_methods_and_nothing_else_is()
    {
        // HEAD is answered wherever GET is, and said once for all.
        var routes = Routes.SelectMany(route => route.Methods.Where(method => method != "HEAD").Select(method => $"{method} {route.Template}"));
        var described = Described.Select(operation => $"{operation.Method} {operation.Path}");

        Assert.Equal(routes.Order(StringComparer.Ordinal), described.Order(StringComparer.Ordinal));
        Assert.All(Routes, route => Assert.Equal(route.Methods.Contains("GET"), route.Methods.Contains("HEAD")));
        Assert.Equal(["GET"], ApiDocument.Operations.Where(operation => operation.Path == Root).Select(operation => operation.Method));
    }

    [Fact]
    public void An_operation_has_its_functions_name()
    {
        foreach (var route in Routes)
        {
            var ids = Described.Where(operation => operation.Path == route.Template && route.Methods.Contains(operation.Method))
                .Select(operation => operation.Id);

            Assert.Equal(char.ToLowerInvariant(route.Name[0]) + route.Name[1..], Assert.Single(ids));
        }
    }

    [Fact]
    public void Path_parameters_are_those_of_the_route()
    {
        foreach (var operation in Described)
        {
            var inRoute = TemplateParser.Parse(operation.Path[1..]).Parameters.Select(parameter => parameter.Name!);
            var described = operation.Parameters.Where(parameter => parameter.GetProperty("in").GetString() == "path")
                .Select(parameter => parameter.GetProperty("name").GetString()!);

            Assert.Equal(inRoute.Order(StringComparer.Ordinal), described.Order(StringComparer.Ordinal));
        }
    }

    [Fact]
    public void What_is_open_to_all_is_what_asks_for_no_key()
    {
        foreach (var operation in Described)
        {
            var function = Routes.Single(route => route.Template == operation.Path && route.Methods.Contains(operation.Method)).Name;
            var isOpen = operation.Node.TryGetProperty("security", out var security) && security.GetArrayLength() == 0;

            // The matrix shows that nobody is asked there.
            Assert.True(isOpen == MatrixRows.All.Single(row => row.Function == function).Needs is null, $"{operation}");
            Assert.Equal(isOpen, operation.Response(403) is null);
        }
    }

    [Fact]
    public void Every_operation_tells_its_errors()
    {
        foreach (var operation in ApiDocument.Operations)
        {
            Assert.NotNull(operation.Response(400));
            Assert.NotNull(operation.Response(406));
            Assert.NotNull(operation.Response(500));
            Assert.Equal(operation.RequestBody is not null, operation.Response(415) is not null);
            Assert.All(
                operation.Node.GetProperty("responses").EnumerateObject().Where(response => response.Name[0] is '4' or '5'),
                response => Assert.True(response.Value.TryGetProperty("$ref", out _), $"{operation}, {response.Name}: not a shared reply"));
        }
    }

    [Fact]
    public void Examples_are_as_their_schemas_have_them()
    {
        var parameters = from operation in ApiDocument.Operations
                         from parameter in operation.Parameters
                         select (Place: $"{operation}, {parameter.GetProperty("name")}", Media: parameter);
        var headers = from header in ApiDocument.Root.GetProperty("components").GetProperty("headers").EnumerateObject()
                      select (Place: header.Name, Media: header.Value);
        var count = 0;
        foreach (var (place, holder) in ApiDocument.MediaTypes().Concat(parameters).Concat(headers))
        {
            if (holder.TryGetProperty("example", out var example))
            {
                var complaint = ApiSchemas.Complaint(holder.GetProperty("schema"), example);
                Assert.True(complaint is null, $"{place}: {complaint}");
                count++;
            }
        }

        Assert.True(count > 200, $"{count} examples were found.");
    }

    [Fact]
    public void Bodies_have_examples()
    {
        var without = ApiDocument.Operations.SelectMany(operation => operation.Node.GetProperty("responses").EnumerateObject()
                .Where(response => response.Name[0] == '2').Select(response => response.Value)
                .Concat(operation.RequestBody is { } body ? [body] : [])
                .Where(body => body.TryGetProperty("content", out var content)
                    && !content.EnumerateObject().Any(media => media.Value.TryGetProperty("example", out _)))
                .Select(_ => operation.Id))
            .Where(id => id != "getOpenApi");

        Assert.Empty(without);
    }

    // So that a field that nobody has described fails a test somewhere.
    [Fact]
    public void Objects_say_what_else_they_may_have()
    {
        var silent = new List<string>();
        foreach (var schema in ApiDocument.Root.GetProperty("components").GetProperty("schemas").EnumerateObject())
        {
            Visit(schema.Value, schema.Name);
        }

        Assert.Empty(silent);

        void Visit(JsonElement node, string place)
        {
            if (node.ValueKind == JsonValueKind.Object)
            {
                if (node.TryGetProperty("properties", out var properties) && properties.ValueKind == JsonValueKind.Object
                    && !node.TryGetProperty("additionalProperties", out _))
                {
                    silent.Add(place);
                }

                foreach (var member in node.EnumerateObject())
                {
                    Visit(member.Value, $"{place}/{member.Name}");
                }
            }
        }
    }

    [Fact]
    public void Codes_in_words_are_known_and_stand_where_their_status_does()
    {
        var known = ApiDocument.Root.GetProperty("components").GetProperty("schemas").GetProperty("ErrorCode").GetProperty("enum")
            .EnumerateArray().Select(code => code.GetInt32()).ToHashSet();
        foreach (var operation in ApiDocument.Operations)
        {
            foreach (var response in operation.Node.GetProperty("responses").EnumerateObject().Where(response => response.Name[0] is '4' or '5'))
            {
                var description = operation.Response(int.Parse(response.Name, null))!.Value.Description;
                foreach (var code in Regex.Matches(description, @"\b(\d{5}|\d{3})(?=:)").Select(match => match.Value))
                {
                    Assert.Contains(int.Parse(code, null), known);
                    Assert.StartsWith(response.Name, code, StringComparison.Ordinal);
                }
            }
        }
    }

    [Fact]
    public void What_two_files_say_of_one_place_is_refused()
    {
        var whole = JsonNode.Parse("""{"paths":{"/a":{"get":{"summary":"x"}}}}""")!.AsObject();
        DocumentParts.Merge(whole, JsonNode.Parse("""{"paths":{"/a":{"put":{"summary":"y"}}}}""")!.AsObject(), "b.json");

        var twice = Assert.Throws<InvalidOperationException>(() => DocumentParts.Merge(
            whole, JsonNode.Parse("""{"paths":{"/a":{"put":{"summary":"z"}}}}""")!.AsObject(), "c.json"));

        Assert.Equal("""{"paths":{"/a":{"get":{"summary":"x"},"put":{"summary":"y"}}}}""", whole.ToJsonString());
        Assert.Contains("c.json › paths › /a › put › summary", twice.Message, StringComparison.Ordinal);
    }
}
